#include "fcclip/segmenter/views.h"

#include <sys/resource.h>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/model/model.h"
#include "fcclip/ops/resize_u8.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/join_flip.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::segmenter {
namespace views_test {

class ViewsOfAPicture : public testing::Test {
 protected:
  ViewsOfAPicture() {
    at::manual_seed(5);
    rgb_ = ops::resize_bilinear_u8(at::randint(0, 256, {6, 9, 3}, at::kByte), {37, 59});
    options_ = segmenter_.ask_defaults();
    options_.task = results::Task::semantic;
    options_.min_score = 0;
  }
  PreparedVocabulary words() const {
    return segmenter_.prepare(
        {"four", {{1, {"cat"}, true}, {2, {"sky"}, false}, {3, {"a b"}, true}, {4, {"c"}, false}}});
  }

  Segmenter segmenter_{test::small_model(), {"cpu", false}};
  at::Tensor rgb_;
  AskOptions options_;
};

// One of the runs that are averaged, written as the reference does it: the picture is resized for
// the network, again to the view's size, mirrored, answered at the original size, mirrored back.
at::Tensor scores_of_a_run(const Segmenter& segmenter, const at::Tensor& seen, int64_t side,
                           bool mirrored, const PreparedVocabulary& words) {
  const int64_t h = seen.size(0), w = seen.size(1), original_h = 37, original_w = 59;
  const double scale = static_cast<double>(side) / static_cast<double>(std::min(h, w));
  const Size size{static_cast<int64_t>(static_cast<double>(h) * scale + 0.5),
                  static_cast<int64_t>(static_cast<double>(w) * scale + 0.5)};
  at::Tensor view = ops::resize_bilinear_u8(seen, size);
  if (mirrored) view = view.flip({1}).contiguous();
  EncodedImage run = segmenter.encode(view, {side, 4000});
  EXPECT_EQ(run.resized, size);
  run.original = {original_h, original_w};
  const at::Tensor log_probs =
      segmenter.name_masks(run, words, segmenter.ask_defaults().ensemble).log_probs[0];
  const at::Tensor scores = results::semantic_scores(mask_source(run), log_probs);
  return mirrored ? scores.flip({2}) : scores;
}

TEST_F(ViewsOfAPicture, AreAveragedAsEighteenRunsOfTheirOwn) {
  const PreparedVocabulary vocabulary = words();
  ViewSizes sizes;
  EXPECT_EQ(sizes.short_sides.front(), 400);
  EXPECT_EQ(sizes.short_sides.back(), 1200);
  EXPECT_EQ(sizes.max_side, 4000);
  for (int64_t& side : sizes.short_sides) side /= 10;  // in seconds, not minutes
  const std::vector<EncodedView> views = encode_views(segmenter_, rgb_, {64, 96}, sizes);
  ASSERT_EQ(views.size(), 18u);
  const at::Tensor seen = ops::resize_bilinear_u8(rgb_, {60, 96});  // 64 x 102, but 96 at most
  at::Tensor sum = at::zeros({4, 37, 59});
  for (int64_t side = 40; side <= 120; side += 10) {
    for (const bool mirrored : {false, true}) {
      sum += scores_of_a_run(segmenter_, seen, side, mirrored, vocabulary);
    }
  }
  const results::Segmentation answer = ask_views(segmenter_, views, vocabulary, options_);
  const at::Tensor labels = std::get<results::SemanticSegmentation>(answer.found).labels;
  EXPECT_EQ(labels.ne(sum.argmax(0)).sum().item<int64_t>(), 0);
  EXPECT_GT(std::get<0>(at::_unique(labels)).numel(), 1);
  EXPECT_EQ(answer.size, (Size{37, 59}));
  for (const results::Segment& segment : answer.segments()) EXPECT_FALSE(segment.name.empty());
}

TEST_F(ViewsOfAPicture, ResizedLateIsAveragedToo) {
  const PreparedVocabulary vocabulary = words();
  const std::vector<EncodedView> views = encode_views(segmenter_, rgb_, {64, 96}, {{64, 100}});
  ASSERT_EQ(views.size(), 4u);
  const classify::EnsembleOptions& ensemble = options_.ensemble;
  at::Tensor sum = at::zeros({4, 37, 59});
  for (const EncodedView& view : views) {
    const at::Tensor log_probs =
        segmenter_.name_masks(view.image, vocabulary, ensemble).log_probs[0];
    const at::Tensor scores =
        results::semantic_scores_resized_late(mask_source(view.image), log_probs);
    sum += view.mirrored ? scores.flip({2}) : scores;
  }
  const auto seen = semantic_views(segmenter_, views, vocabulary, ensemble, /*resized_late=*/true);
  EXPECT_TRUE(results::averaged_labels(seen).eq(sum.argmax(0)).all().item<bool>());
}

// Scores of 2,000 x 1,000 pixels in forty classes would be 320 MB.
TEST_F(ViewsOfAPicture, NeverHoldScoresOfTheWholePicture) {
  const auto peak_kib = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  classify::Vocabulary forty{"forty", {}};
  for (int64_t i = 0; i < 40; ++i) forty.classes.push_back({i, {"a" + std::to_string(i)}, true});
  const PreparedVocabulary vocabulary = segmenter_.prepare(forty);
  std::vector<EncodedView> views = encode_views(segmenter_, rgb_, {64, 96}, {{64}});
  for (EncodedView& view : views) view.image.original = {1000, 2000};
  [[maybe_unused]] const int64_t before = peak_kib();
  const auto seen = semantic_views(segmenter_, views, vocabulary, options_.ensemble);
  EXPECT_EQ(results::averaged_labels(seen).numel(), 2000000);
#ifndef FCCLIP_SANITIZED  // which keeps what is freed, to watch it
  EXPECT_LT(peak_kib() - before, 100 << 10);
#endif
}

TEST_F(ViewsOfAPicture, OfSeveralSizesAreSemanticAlone) {
  const std::vector<EncodedView> views = encode_views(segmenter_, rgb_, {64, 96}, {{64}});
  options_.task = results::Task::panoptic;
  EXPECT_ERROR(invalid_argument, "semantic results alone",
               ask_views(segmenter_, views, words(), options_));
  int64_t asked = 0;
  EXPECT_ERROR(interrupted, "stopped",
               encode_views(segmenter_, rgb_, {64, 96}, {}, [&](int64_t done, int64_t total) {
                 EXPECT_EQ(total, 18);
                 asked = done;
                 return done < 2;
               }));
  EXPECT_EQ(asked, 2);
}

TEST(TurnedBack, IsTheMirrorImageOfThePictureWithoutItsPadding) {
  const at::Tensor masks = at::arange(2 * 3 * 8).to(at::kFloat).view({2, 3, 8});
  EXPECT_TRUE(turned_back(masks, 32).equal(masks.flip({2})));
  // 24 pixels of 32: six columns of the picture, two of padding.
  const at::Tensor back = turned_back(masks, 24);
  EXPECT_TRUE(back.narrow(2, 0, 6).equal(masks.narrow(2, 0, 6).flip({2})));
  // 22 pixels: half a column to the left.
  const at::Tensor between = turned_back(masks, 22);
  EXPECT_FLOAT_EQ(between[0][0][0].item<float>(), 4.5f);
  EXPECT_FLOAT_EQ(between[0][0][4].item<float>(), 0.5f);
}

// Three masks of 8 x 8 cells: a left half, a right one, a row.
EncodedImage three_masks() {
  EncodedImage image{{32, 32}, {32, 32}, {32, 32}};
  image.mask_logits = at::full({3, 8, 8}, -4.f);
  image.mask_logits[0].narrow(1, 0, 4).fill_(4);
  image.mask_logits[1].narrow(1, 4, 4).fill_(2);
  image.mask_logits[2].narrow(0, 0, 1).fill_(1);
  image.class_embed = at::eye(3) * 2;
  image.clip_embed = at::eye(3);
  image.valid = at::tensor({1, 0, 0}, at::kInt).to(at::kBool);
  return image;
}

TEST(JoinedWithTheMirrorImage, QueriesFindTheirPartners) {
  const EncodedImage image = three_masks();
  EncodedImage mirror = three_masks();
  // What is left in the picture is right in the mirror image, and found by another query there.
  mirror.mask_logits.narrow(0, 0, 2).fill_(-4);  // they find nothing
  mirror.mask_logits[2] = image.mask_logits[1] * 2;
  mirror.class_embed = at::eye(3).flip({0}) * 5;
  mirror.valid = at::ones({3}, at::kBool);
  const EncodedImage both = join_flip(image, mirror);
  // Query 0 (left) and the mirror's query 2 (right half, turned back: left).
  EXPECT_TRUE(both.mask_logits[0].allclose(
      (image.mask_logits[0] + image.mask_logits[1].flip({1}) * 2) / 2));
  EXPECT_TRUE(both.class_embed[0].allclose(at::tensor({1.f, 0.f, 0.f})));
  EXPECT_TRUE(both.clip_embed[0].allclose(at::tensor({0.5f, 0.f, 0.5f})));
  // Queries 1 and 2 have no partner.
  EXPECT_TRUE(both.mask_logits[1].equal(image.mask_logits[1]));
  EXPECT_TRUE(both.mask_logits[2].equal(image.mask_logits[2]));
  EXPECT_TRUE(both.class_embed[2].allclose(at::tensor({0.f, 0.f, 1.f})));
  EXPECT_TRUE(both.valid[0].item<bool>());
  EXPECT_FALSE(both.valid[2].item<bool>());
}

TEST_F(ViewsOfAPicture, WithItsMirrorImageAMirrorSymmetricPictureStaysSymmetric) {
  const at::Tensor half = rgb_.narrow(1, 0, 32).contiguous();
  const at::Tensor symmetric = at::cat({half, half.flip({1})}, 1).narrow(0, 0, 32).contiguous();
  const EncodedImage alone = segmenter_.encode(symmetric, {32, 64});
  const EncodedImage both = encode_with_flip(segmenter_, symmetric, {32, 64});
  EXPECT_EQ(both.mask_logits.sizes(), alone.mask_logits.sizes());
  // Every query that was joined with itself is symmetric now.
  const at::Tensor turned = turned_back(alone.mask_logits, 64);
  const EncodedImage expected = join_flip(alone, alone);
  EXPECT_TRUE(both.mask_logits.allclose(expected.mask_logits, 1e-4, 1e-4));
  EXPECT_TRUE(both.class_embed.allclose(expected.class_embed, 1e-4, 1e-4));
  int64_t calls = 0, last = 0;
  encode_with_flip(segmenter_, symmetric, {32, 64}, [&](int64_t done, int64_t total) {
    ++calls;
    last = total;
    EXPECT_EQ(done, calls);
    return true;
  });
  EXPECT_EQ(calls, last);
}

TEST(NamesOfViews, AreReadAndWritten) {
  for (const Views views : {Views::one, Views::flip, Views::multiscale}) {
    EXPECT_EQ(views_named(views_name(views)), views);
  }
  EXPECT_FALSE(views_named("sizes"));
}

}  // namespace views_test
}  // namespace fcclip::segmenter
