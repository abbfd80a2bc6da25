// Masks whose embeddings can change no answer are not embedded: the answers stay.

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::segmenter {
namespace lazy_masks_test {

class LazyMasks : public ::testing::TestWithParam<double> {
 protected:
  LazyMasks() {
    model::Config config = test::small_config();
    model::set_preset_head(config, "mask_adapter");
    config.ensemble.clip_trust = GetParam();
    auto model = std::make_shared<model::Model>(config);
    model->clip->tokenizer = model::make_tokenizer(test::small_merges(), config.clip.text);
    model::fill_untrained(*model, 3);
    model_ = model;
    segmenter_ = std::make_unique<Segmenter>(model, SegmenterOptions{.use_text_cache = false});
    at::manual_seed(4);
    rgb_ = at::randint(0, 256, {96, 128, 3}, at::kByte);
    classify::Vocabulary words;
    for (const char* name : {"cat", "sky", "the", "hat", "the cat", "a"}) {
      words.classes.push_back(
          {std::ssize(words.classes) + 1, {name}, words.classes.size() % 3 != 2});
    }
    words_ = segmenter_->prepare(words);
    make_some_void();
  }

  // Untrained masks are alike, all void or none: a void row between the two, and the largest scale.
  void make_some_void() {
    const c10::InferenceMode guard;
    model_->weights().find("sem_seg_head.predictor.logit_scale")->member->fill_(5);
    const EncodedImage image = look();
    const at::Tensor mean = image.class_embed.mean(0, true);
    const at::Tensor own = image.class_embed.narrow(0, 5, 1) - mean;
    double low = -4, high = 4;
    for (int i = 0; i < 40; ++i) {
      const double middle = (low + high) / 2;
      model_->head.void_embedding = mean * middle + 4 * own;
      const at::Tensor p_void =
          segmenter_->name_masks(image, words_, segmenter_->ask_defaults().ensemble).p_void;
      const int64_t count = p_void.gt(0.5).sum().item<int64_t>();
      if (count == 10) return;
      (count > 10 ? high : low) = middle;
    }
    FAIL() << "no void row makes half of the masks void";
  }

  EncodedImage look() const { return segmenter_->encode(rgb_, {96, 128}); }
  AskOptions options(results::Task task) const {
    AskOptions options = segmenter_->ask_defaults();
    options.task = task;
    return options;
  }
  // With every mask embedded.
  at::Tensor all_log_probs() const {
    return segmenter_->name_masks(look(), words_, segmenter_->ask_defaults().ensemble).log_probs[0];
  }
  static int64_t made(const EncodedImage& image) {
    const std::vector<bool>& flags = image.naming.adapted->made;
    return std::count(flags.begin(), flags.end(), true);
  }

  std::shared_ptr<model::Model> model_;
  std::unique_ptr<Segmenter> segmenter_;
  at::Tensor rgb_;
  PreparedVocabulary words_;
};

void expect_same(const std::vector<results::Segment>& got,
                 const std::vector<results::Segment>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].query, want[i].query);
    EXPECT_EQ(got[i].class_index, want[i].class_index);
    EXPECT_NEAR(got[i].score, want[i].score, 1e-5);
    EXPECT_EQ(got[i].area_px, want[i].area_px);
  }
}

TEST_P(LazyMasks, PanopticEmbedsWhatCanBeNamed) {
  const c10::InferenceMode guard;
  const EncodedImage image = look();
  EXPECT_EQ(made(image), 0);
  const results::Segmentation got =
      segmenter_->ask(image, words_, options(results::Task::panoptic));
  const auto want =
      results::panoptic(mask_source(image), all_log_probs(), thing_flags(words_.vocabulary),
                        segmenter_->ask_defaults().panoptic);
  expect_same(got.segments(), want.segments);
  EXPECT_TRUE(got.panoptic().ids.equal(want.ids));
  EXPECT_GT(made(image), 0);
  if (GetParam() == 0) {
    EXPECT_LT(made(image), 20);
  }
}

TEST_P(LazyMasks, InstancesEmbedWhatCanBeAmongTheBest) {
  const c10::InferenceMode guard;
  const EncodedImage image = look();
  AskOptions few = options(results::Task::instance);
  few.instances.top_k = 3;
  const results::Segmentation got = segmenter_->ask(image, words_, few);
  const auto want = results::instances(mask_source(image), all_log_probs(),
                                       thing_flags(words_.vocabulary), few.instances);
  std::vector<results::Segment> seen;
  for (const results::Segment& one : want.segments) {
    if (one.area_px > 0) seen.push_back(one);
  }
  expect_same(got.segments(), seen);
  if (GetParam() == 0) {
    EXPECT_LT(made(image), 20);
  }
}

TEST_P(LazyMasks, SemanticEmbedsAll) {
  const EncodedImage image = look();
  segmenter_->ask(image, words_, options(results::Task::semantic));
  EXPECT_EQ(made(image), 20);
}

TEST_P(LazyMasks, AnAnswerDoesNotDependOnEarlierQuestions) {
  const EncodedImage fresh = look(), used = look();
  segmenter_->ask(used, words_, options(results::Task::semantic));
  for (const results::Task task : {results::Task::panoptic, results::Task::instance}) {
    expect_same(segmenter_->ask(used, words_, options(task)).segments(),
                segmenter_->ask(fresh, words_, options(task)).segments());
  }
}

TEST_P(LazyMasks, APlaceEmbedsTheMasksThere) {
  const EncodedImage image = look(), used = look();
  segmenter_->ask(used, words_, options(results::Task::semantic));
  const Place place{{{40, 50}}};
  const results::Segmentation got =
      segmenter_->at(image, words_, place, options(results::Task::instance));
  EXPECT_LT(made(image), 20);
  expect_same(got.segments(),
              segmenter_->at(used, words_, place, options(results::Task::instance)).segments());
  EXPECT_ERROR(invalid_argument, "is not in the picture",
               segmenter_->at(image, words_, {{{400, 50}}}, options(results::Task::instance)));
}

INSTANTIATE_TEST_SUITE_P(ClipTrust, LazyMasks, ::testing::Values(0.0, 0.5));

}  // namespace lazy_masks_test
}  // namespace fcclip::segmenter
