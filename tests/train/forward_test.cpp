#include "fcclip/train/forward.h"

#include <ATen/ATen.h>

#include "fcclip/classify/ensemble.h"
#include "fcclip/core/tensor_memory.h"
#include "fcclip/core/trace.h"
#include "fcclip/ops/mask_pool.h"
#include "fcclip/ops/resize.h"
#include "fcclip/train/graphed_trunk.h"
#include "fcclip/train/losses.h"
#include "tests/ops/fake_recorder.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/goldens.h"
#include "tests/support/gradient.h"

namespace fcclip::train {
namespace forward_test {

class OutProbs : public ::testing::Test {
 protected:
  OutProbs() {
    at::manual_seed(9);
    pixels_ = at::randn({2, 64, 96, 3});
    words_.rows = at::randn({5, 64});
    words_.rows = words_.rows / words_.rows.norm(2, -1, true);
    words_.synonyms_per_class = {2, 1, 2};
    for (const nn::Weight& row : model_->weights().rows()) {
      const bool trained = row.is_of("visual.trunk.st") || row.is_of("predictor") ||
                           row.name == "backbone.clip_model.logit_scale";
      *row.member = row.member->clone().set_requires_grad(trained);
    }
  }
  at::Tensor& weight(const std::string& name) { return *model_->weights().find(name)->member; }
  at::Tensor loss() {
    const Prediction last = forward(*model_, pixels_, words_, {Trunk::trained, true}).back();
    const at::Tensor rows = last.out_probs.flatten(0, 1);
    return out_loss(rows, at::arange(rows.size(0), at::kLong).remainder(3), 6);
  }

  std::shared_ptr<model::Model> model_ = test::small_model();
  at::Tensor pixels_;
  classify::TextClassifier words_;
};

TEST_F(OutProbs, AreThoseThatAQuestionGets) {
  const at::NoGradGuard no_grad;
  const std::vector<Prediction> predictions =
      forward(*model_, pixels_, words_, {Trunk::trained, true});
  for (size_t i = 0; i + 1 < predictions.size(); ++i)
    EXPECT_FALSE(predictions[i].out_probs.defined());
  // As at inference: CLIP's features pooled in the masks, against the words, without void.
  const at::Tensor dense = model_->clip->image_tower->forward(pixels_).dense;
  const at::Tensor masks =
      ops::resize_planes(predictions.back().mask_logits, {dense.size(1), dense.size(2)});
  const at::Tensor embeddings = model_->clip->image_tower->embed_masks(dense, masks);
  const at::Tensor logits =
      classify::class_logits(embeddings, words_, model_->head.void_embedding,
                             at::scalar_tensor(model_->clip->text_tower.logit_scale()));
  const at::Tensor want = at::softmax(logits.narrow(-1, 0, 3), -1);
  EXPECT_TRUE(test::near(predictions.back().out_probs, want, 0, 1e-4));
  EXPECT_FALSE(forward(*model_, pixels_, words_).back().out_probs.defined());
}

TEST_F(OutProbs, GradientsFlowThroughFeaturesAndNotThroughMasks) {
  loss().backward();
  EXPECT_GT(
      weight("backbone.clip_model.visual.trunk.stem.0.weight").grad().abs().max().item<double>(),
      0);
  EXPECT_FALSE(weight("sem_seg_head.predictor.mask_embed.layers.0.weight").grad().defined());
  EXPECT_FALSE(weight("sem_seg_head.predictor.logit_scale").grad().defined());
}

// The scale moves no mask, so that the loss is smooth in it.
TEST_F(OutProbs, TheScalesGradientIsTheSlope) {
  loss().backward();
  at::Tensor& scale = weight("backbone.clip_model.logit_scale");
  const double got = scale.grad().item<double>();
  const double slope = test::central_difference([&] { return loss().item<double>(); },
                                                {scale.detach()}, {at::ones({})}, 1e-2);
  EXPECT_NEAR(got, slope, 1e-5 + 0.01 * std::abs(slope));
  EXPECT_NE(got, 0);
}

// A loss to which all predictions add, of the parts kept or recomputed.
struct Passes {
  at::Tensor loss;
  std::vector<at::Tensor> gradients;
  int64_t saved = 0, peak = 0;  // bytes: as the backward pass begins, at most
};

Passes passes(const model::Model& model, const at::Tensor& pixels,
              const classify::TextClassifier& words, const ForwardOptions& options) {
  Passes made;
  std::vector<at::Tensor> weights;
  for (const nn::Weight& row : model.weights().rows()) {
    if (row.member->requires_grad()) weights.push_back(*row.member);
    row.member->mutable_grad() = at::Tensor();
  }
  const TensorMemory memory(at::kCPU);
  at::Tensor loss = at::zeros({});
  {
    for (const Prediction& prediction : forward(model, pixels, words, options)) {
      loss = loss + prediction.mask_logits.square().mean() +
             prediction.class_logits.logsumexp(-1).sum();
    }
  }
  made.saved = memory.now();
  loss.backward();
  made.peak = memory.peak();
  made.loss = loss.detach();
  for (const at::Tensor& weight : weights) made.gradients.push_back(weight.grad());
  return made;
}

TEST_F(OutProbs, RecomputedPartsGiveTheSameGradientsAndKeepLess) {
  for (const nn::Weight& row : model_->head.weights().rows()) row.member->requires_grad_();
  for (const Trunk trunk : {Trunk::frozen, Trunk::trained}) {
    ForwardOptions options{trunk, false, {0.3, 5, 6}};
    const Passes kept = passes(*model_, pixels_, words_, options);
    options.activations = nn::Activations::recomputed;
    const Passes recomputed = passes(*model_, pixels_, words_, options);
    EXPECT_TRUE(recomputed.loss.equal(kept.loss));
    int64_t compared = 0;
    for (size_t i = 0; i < kept.gradients.size(); ++i) {
      ASSERT_EQ(recomputed.gradients[i].defined(), kept.gradients[i].defined()) << i;
      if (!kept.gradients[i].defined()) continue;
      EXPECT_TRUE(test::near(recomputed.gradients[i], kept.gradients[i], 1e-5)) << i;
      ++compared;
    }
    EXPECT_GT(compared, 100);
    EXPECT_LT(recomputed.saved, 0.6 * static_cast<double>(kept.saved));
    EXPECT_LT(recomputed.peak, kept.peak);
  }
}

// Steps of one size, as on a GPU with graphs: the head's gradients are those of the plain trunk.
TEST(GraphedTrunk, IsRecordedOnceAndLeavesTheGradientsAsTheyAre) {
  const auto model = test::small_model();
  model->clip->image_tower->prepare();
  at::Tensor& weight =
      *model->weights().find("sem_seg_head.predictor.mask_embed.layers.0.weight")->member;
  weight = weight.clone().set_requires_grad(true);
  classify::TextClassifier words;
  words.rows = at::randn({3, 64});
  words.synonyms_per_class = {1, 1, 1};
  const test::FakeRecorder recorder;
  ForwardOptions graphed;
  graphed.frozen_trunk = graphed_trunk(model, at::kCPU, recorder);
  const auto gradient = [&](const at::Tensor& pixels, const ForwardOptions& options) {
    weight.mutable_grad().reset();
    forward(*model, pixels, words, options).back().mask_logits.square().sum().backward();
    return weight.grad().clone();
  };
  for (int step = 0; step < 4; ++step) {
    at::manual_seed(static_cast<uint64_t>(step));
    const at::Tensor pixels = at::randn({2, 64, 96, 3});
    const at::Tensor want = gradient(pixels, {});
    EXPECT_GT(want.abs().max().item<double>(), 0);
    EXPECT_TRUE(gradient(pixels, graphed).equal(want)) << step;
  }
  EXPECT_EQ(*recorder.recorded, 1);
  EXPECT_FALSE(graphed_trunk(model, at::kCPU, {}));
}

}  // namespace forward_test
}  // namespace fcclip::train
