// A segmenter whose network is recorded and replayed.

#include <atomic>
#include <thread>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/ops/fake_recorder.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::segmenter {
namespace graphed_segmenter_test {

at::Tensor scene(int64_t width, uint64_t seed) {
  at::manual_seed(seed);
  return at::randint(0, 256, {40, width, 3}, at::kByte);
}

constexpr EncodeSize kSmall = {64, 128};

class GraphedSegmenter : public testing::Test {
 protected:
  GraphedSegmenter() {
    model_->prepare(ops::Products::float32);
    SegmenterOptions options{"cpu", false};
    plain_.emplace(model_, options);
    options.record_graph = recorder_;
    graphed_.emplace(model_, options);
  }
  void expect_plain(const EncodedImage& got, const at::Tensor& rgb) const {
    const EncodedImage want = plain_->encode(rgb, kSmall);
    EXPECT_TRUE(got.mask_logits.equal(want.mask_logits));
    EXPECT_TRUE(got.class_embed.equal(want.class_embed));
    EXPECT_TRUE(got.clip_embed.equal(want.clip_embed));
    EXPECT_TRUE(got.valid.equal(want.valid));
  }
  std::shared_ptr<model::Model> model_ = test::small_model();
  test::FakeRecorder recorder_;
  std::optional<Segmenter> plain_, graphed_;
};

TEST_F(GraphedSegmenter, FindsWhatThePlainOneFinds) {
  for (int picture = 0; picture < 4; ++picture) {
    const at::Tensor rgb = scene(picture == 2 ? 90 : 56, picture);
    expect_plain(graphed_->encode(rgb, kSmall), rgb);
  }
  EXPECT_EQ(*recorder_.recorded, 1);
  std::vector<at::Tensor> pictures;
  for (int picture = 0; picture < 6; ++picture) pictures.push_back(scene(56, picture));
  const std::vector<EncodedImage> images = graphed_->encode_each(pictures, kSmall, 2);
  for (size_t i = 0; i < images.size(); ++i) {
    EXPECT_TRUE(at::allclose(images[i].mask_logits, plain_->encode(pictures[i], kSmall).mask_logits,
                             1e-4, 1e-4));
  }
  EXPECT_EQ(*recorder_.recorded, 2);
}

TEST_F(GraphedSegmenter, GivenMasksAndTracesAreRunAsTheyAre) {
  const at::Tensor rgb = scene(56, 1), masks = at::ones({1, 40, 56}, at::kBool);
  int64_t traced = 0;
  for (int times = 0; times < 3; ++times) {
    graphed_->encode_with_masks(rgb, masks, kSmall);
    graphed_->encode(rgb, kSmall, [&](std::string_view, const at::Tensor&) { ++traced; });
  }
  EXPECT_GT(traced, 0);
  EXPECT_EQ(*recorder_.recorded, 0);
}

TEST_F(GraphedSegmenter, ProgressCountsEveryPartAndStopsBehindTheReplay) {
  const at::Tensor rgb = scene(56, 1);
  graphed_->encode(rgb, kSmall);
  graphed_->encode(rgb, kSmall);
  std::vector<int64_t> told;
  int64_t parts = 0;
  graphed_->encode(rgb, kSmall, {}, [&](int64_t done, int64_t total) {
    told.push_back(done);
    parts = total;
    return true;
  });
  ASSERT_EQ(std::ssize(told), parts);
  for (int64_t i = 0; i < parts; ++i) EXPECT_EQ(told[i], i + 1);
  EXPECT_ERROR(interrupted, "stopped after 1 of",
               graphed_->encode(rgb, kSmall, {}, [](int64_t, int64_t) { return false; }));
  expect_plain(graphed_->encode(rgb, kSmall), rgb);
}

TEST_F(GraphedSegmenter, ServesSeveralThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> same = 0;
  for (int i = 0; i < 4; ++i) {
    const at::Tensor rgb = scene(i % 2 == 0 ? 56 : 90, i);
    const at::Tensor want = plain_->encode(rgb, kSmall).mask_logits;
    threads.emplace_back([this, rgb, want, &same] {
      const Segmenter copy = *graphed_;
      for (int times = 0; times < 3; ++times) {
        if (copy.encode(rgb, kSmall).mask_logits.equal(want)) ++same;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, 12);
  EXPECT_EQ(*recorder_.recorded, 2);
}

// Its embeddings are made of CLIP's map when the words are there, behind other pictures' replays.
TEST(GraphedAdapter, APictureKeepsAMapOfItsOwn) {
  model::Config config = test::small_config();
  model::set_preset_head(config, "mask_adapter");
  const auto model = std::make_shared<model::Model>(config);
  model->clip->tokenizer = model::make_tokenizer(test::small_merges(), config.clip.text);
  model::fill_untrained(*model, 3);
  SegmenterOptions options{"cpu", false};
  const Segmenter plain(model, options);
  options.record_graph = test::FakeRecorder();
  const Segmenter graphed(model, options);
  const PreparedVocabulary words = plain.prepare(classify::parse_classes("cat, sky, hat"));
  std::vector<EncodedImage> images;
  for (int i = 0; i < 4; ++i) images.push_back(graphed.encode(scene(56, i), kSmall));
  const classify::EnsembleOptions ensemble = plain.ask_defaults().ensemble;
  for (int i = 0; i < 4; ++i) {
    const EncodedImage want = plain.encode(scene(56, i), kSmall);
    EXPECT_TRUE(graphed.name_masks(images[i], words, ensemble)
                    .log_probs.equal(plain.name_masks(want, words, ensemble).log_probs))
        << i;
  }
}

}  // namespace graphed_segmenter_test
}  // namespace fcclip::segmenter
