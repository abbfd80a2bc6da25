#include "fcclip/pretrain/learner.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model_file.h"
#include "fcclip/pretrain/merge_trainer.h"
#include "tests/io/temporary_folder.h"
#include "tests/pretrain/shapes.h"
#include "tests/support/errors.h"

namespace fcclip::pretrain {
namespace {

struct Trained {
  std::string merges = train_merges({"a red square", "the blue disc", "ash", "sand"}, 60, 1);
  std::unique_ptr<Learner> learner;
  at::Tensor pixels, tokens;

  Trained() {
    at::manual_seed(11);
    clip::ClipConfig config = test::tiny_options().clip;
    config.text.vocab_size = 514 + count_merges(merges);
    learner = std::make_unique<Learner>(config, 5, InitialWeights{4});
    pixels = at::randn({6, 64, 64, 3});
    const int64_t end = config.text.vocab_size - 1;
    tokens = at::tensor({end - 1, int64_t{7}, end, int64_t{0}, int64_t{0},    //
                         end - 1, int64_t{9}, int64_t{520}, int64_t{3}, end,  //
                         end - 1, int64_t{515}, int64_t{4}, end, int64_t{0}},
                        at::kLong)
                 .view({3, 5});
  }
  // Averages that are not those of the batch at hand.
  void run_some_batches() {
    const at::NoGradGuard no_grad;
    for (int i = 0; i < 5; ++i) {
      const Projected pictures = learner->embed_pictures(at::randn({9, 32, 32, 3}) * (i + 1));
      learner->picture_norm.train(pictures.embeddings, pictures.input_mean);
      const Projected texts = learner->embed_texts(tokens);
      learner->text_norm.train(texts.embeddings + 0.1 * i, texts.input_mean);
    }
  }
};

TEST(EmbeddingNorm, TrainingEqualsBatchNorm) {
  at::manual_seed(1);
  EmbeddingNorm norm(3, 4);
  const at::Tensor e = at::randn({10, 4}) * 3 + 2;
  const at::Tensor want = at::batch_norm(e, {}, {}, {}, {}, true, 0.1, EmbeddingNorm::kEps, false);
  EXPECT_TRUE(at::allclose(norm.train(e, at::zeros({3})), want, 1e-5, 1e-6));
}

TEST(EmbeddingNorm, TheFirstBatchSetsTheAverages) {
  at::manual_seed(1);
  EmbeddingNorm norm(3, 4);
  const at::Tensor x = at::randn({50, 3}) + 1, weight = at::randn({4, 3});
  const at::Tensor e = x.mm(weight.t());
  const at::Tensor trained = norm.train(e, x.mean(0));
  EXPECT_TRUE(at::allclose(norm.apply(e, weight), trained, 1e-4, 1e-4));
}

TEST(Learner, ThePlainClipEmbedsAsTrainingDoes) {
  Trained trained;
  trained.run_some_batches();
  const at::NoGradGuard no_grad;
  const Learner& learner = *trained.learner;
  const std::shared_ptr<model::Clip> plain = learner.plain_clip(trained.merges);

  const at::Tensor want = learner.final_pictures(learner.embed_pictures(trained.pixels).embeddings);
  const at::Tensor dense = plain->image_tower->forward(trained.pixels).dense;
  const at::Tensor whole = at::ones({6, 1, 2, 2});
  const at::Tensor got = plain->image_tower->embed_masks(dense, whole).squeeze(1);
  EXPECT_TRUE(at::allclose(got, want, 1e-3, 1e-3)) << (got - want).abs().max();

  const at::Tensor texts = learner.final_texts(learner.embed_texts(trained.tokens).embeddings);
  EXPECT_TRUE(at::allclose(plain->text_tower.encode_padded(trained.tokens), texts, 1e-3, 1e-3));
}

TEST(Learner, SavedPlainClipReadsBack) {
  const test::TemporaryFolder folder;
  Trained trained;
  trained.run_some_batches();
  const std::shared_ptr<model::Clip> plain = trained.learner->plain_clip(trained.merges);
  model::save(folder.path() / "clip.safetensors", *plain);
  const std::shared_ptr<model::Clip> read = model::load_clip(folder.path() / "clip.safetensors");
  EXPECT_EQ(read->tokenizer->merges(), trained.merges);
  EXPECT_EQ(read->tokenizer->encode("red"), plain->tokenizer->encode("red"));
  const at::Tensor want = plain->image_tower->forward(trained.pixels).dense;
  EXPECT_TRUE(at::allclose(read->image_tower->forward(trained.pixels).dense, want, 1e-5, 1e-5));
  const std::vector<std::vector<int64_t>> rows = {read->tokenizer->encode("a red square")};
  // Not bit for bit: products depend on how weights lie in memory, here in a mapped file.
  EXPECT_TRUE(
      at::allclose(read->text_tower.encode(rows), plain->text_tower.encode(rows), 1e-5, 1e-5));
}

TEST(Learner, TextsOfDifferentLengthsComeBackInTheirOrder) {
  const Trained trained;
  const at::NoGradGuard no_grad;
  const Projected all = trained.learner->embed_texts(trained.tokens.repeat({15, 1}));  // 45 rows
  const at::Tensor want = trained.learner->clip().text_tower.encode_padded(trained.tokens);
  EXPECT_TRUE(at::allclose(all.embeddings, want.repeat({15, 1}), 1e-5, 1e-5));
}

TEST(Learner, CellsChooseWhatIsAveraged) {
  const Trained trained;
  const at::NoGradGuard no_grad;
  at::Tensor cells = at::zeros({6, 4});
  cells.select(1, 2).fill_(1);
  const at::Tensor uniform = at::full({6, 4}, 0.25);
  const at::Tensor plain = trained.learner->embed_pictures(trained.pixels).embeddings;
  const at::Tensor own = at::arange(6, at::kLong);
  const auto embed = [&](const at::Tensor& weights, const at::Tensor& picture) {
    return trained.learner->embed_pictures(trained.pixels, {weights, picture}).embeddings;
  };
  EXPECT_TRUE(at::allclose(embed(uniform, own), plain, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(embed(uniform, own.flip(0)), plain.flip(0), 1e-4, 1e-5));
  const clip::ImageTower& tower = *trained.learner->clip().image_tower;
  const at::Tensor one = tower.forward_plain(trained.pixels).dense.flatten(1, 2).select(1, 2);
  EXPECT_TRUE(at::allclose(embed(cells, own), tower.visual_head()(one), 1e-4, 1e-5));
}

TEST(Learner, ATowerThatCannotBeFoldedIsRefused) {
  clip::ClipConfig config = test::tiny_options().clip;
  config.convnext.head = clip::HeadKind::mlp;
  EXPECT_ERROR(unsupported, "pretraining needs a ConvNeXt with a linear head: only there the",
               Learner(config, 3, {}));
}

}  // namespace
}  // namespace fcclip::pretrain
