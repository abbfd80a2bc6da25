#include "fcclip/eval/average_precision.h"

#include <gtest/gtest.h>

#include "fcclip/eval/precision_curve.h"

namespace fcclip::eval {
namespace average_precision_test {

constexpr int64_t kCat = 5;

InstanceTruth true_box(double x, double y, double side, bool is_crowd = false) {
  return {kCat, {x, y, side, side}, side * side, is_crowd, {}};
}

Detection found_box(double x, double y, double side, double score) {
  Detection found;
  found.class_index = kCat;
  found.score = score;
  found.box_xywh_px = {x, y, side, side};
  found.area_px = side * side;
  return found;
}

ApSummary summary_of(const std::vector<InstanceTruth>& truths,
                     const std::vector<Detection>& detections) {
  AveragePrecision ap(ApKind::box);
  ap.add_image(0, truths, detections);
  return ap.summary();
}

TEST(AveragePrecision, TheTruthItselfIsPerfect) {
  const ApSummary got = summary_of({true_box(0, 0, 40), true_box(50, 50, 40)},
                                   {found_box(0, 0, 40, 0.9), found_box(50, 50, 40, 0.8)});
  EXPECT_NEAR(got.ap, 1, 1e-12);
  EXPECT_NEAR(got.ar100, 1, 1e-12);
  EXPECT_NEAR(got.ar1, 0.5, 1e-12);  // one detection finds one of two
}

TEST(AveragePrecision, EachThresholdCountsForATenth) {
  // 10 of 16 columns: IoU 0.625 passes 0.50, 0.55 and 0.60.
  std::vector<InstanceTruth> truths = {{kCat, {0, 0, 16, 10}, 160, false, {}}};
  Detection found = found_box(0, 0, 10, 0.5);
  const ApSummary got = summary_of(truths, {found});
  EXPECT_NEAR(got.ap, 0.3, 1e-12);
  EXPECT_NEAR(got.ap50, 1, 1e-12);
  EXPECT_NEAR(got.ap75, 0, 1e-12);
  EXPECT_NEAR(got.ar100, 0.3, 1e-12);
}

TEST(AveragePrecision, IsTheAreaUnderTheInterpolatedCurve) {
  // Right, false, right: precision 1 up to recall 0.5, then 2/3. Recalls 0 … 0.50 are 51 of 101.
  const ApSummary got = summary_of(
      {true_box(0, 0, 40), true_box(50, 50, 40)},
      {found_box(0, 0, 40, 0.9), found_box(200, 0, 40, 0.8), found_box(50, 50, 40, 0.7)});
  EXPECT_NEAR(got.ap, (51 + 50 * 2.0 / 3) / 101, 1e-12);
}

TEST(AveragePrecision, ASecondDetectionOfTheSameTruthIsFalse) {
  // The better one comes second in score, so the first takes the truth at IoU 0.5 and above.
  const ApSummary got =
      summary_of({true_box(0, 0, 40)}, {found_box(0, 0, 40, 0.9), found_box(0, 0, 40, 0.8)});
  EXPECT_NEAR(got.ap, 1, 1e-12);  // recall is reached before the false one
  const ApSummary worse =
      summary_of({true_box(0, 0, 40), true_box(90, 0, 40)},
                 {found_box(0, 0, 40, 0.9), found_box(0, 0, 40, 0.8), found_box(90, 0, 40, 0.7)});
  EXPECT_NEAR(worse.ap, (51 + 50 * 2.0 / 3) / 101, 1e-12);
}

TEST(AveragePrecision, ACrowdAbsorbsAnyNumberOfDetections) {
  const std::vector<InstanceTruth> truths = {true_box(0, 0, 40), true_box(100, 0, 100, true)};
  const ApSummary got = summary_of(
      truths, {found_box(110, 10, 20, 0.9), found_box(150, 50, 20, 0.8), found_box(0, 0, 40, 0.7)});
  EXPECT_NEAR(got.ap, 1, 1e-12);
  // A crowd alone is nothing to find.
  EXPECT_EQ(summary_of({true_box(0, 0, 40, true)}, {found_box(0, 0, 40, 0.9)}).ap, -1);
}

TEST(AveragePrecision, AreasDecideWhatIsSmall) {
  const ApSummary got =
      summary_of({true_box(0, 0, 20), true_box(100, 0, 50), true_box(300, 0, 120)},
                 {found_box(0, 0, 20, 0.9), found_box(300, 0, 120, 0.8)});
  EXPECT_NEAR(got.ap_small, 1, 1e-12);
  EXPECT_NEAR(got.ap_medium, 0, 1e-12);
  EXPECT_NEAR(got.ap_large, 1, 1e-12);
  EXPECT_NEAR(got.ar_medium, 0, 1e-12);
  EXPECT_NEAR(got.ar100, 2.0 / 3, 1e-12);
  // 32² is both small and medium, as COCO's ranges overlap there.
  const ApSummary edge = summary_of({true_box(0, 0, 32)}, {found_box(0, 0, 32, 0.9)});
  EXPECT_NEAR(edge.ap_small, 1, 1e-12);
  EXPECT_NEAR(edge.ap_medium, 1, 1e-12);
  EXPECT_EQ(edge.ap_large, -1);
}

TEST(AveragePrecision, AFalseAlarmOfAnotherAreaDoesNotCountThere) {
  const ApSummary got =
      summary_of({true_box(0, 0, 20)}, {found_box(300, 0, 120, 0.9), found_box(0, 0, 20, 0.8)});
  EXPECT_NEAR(got.ap_small, 1, 1e-12);
  EXPECT_NEAR(got.ap, 0.5, 1e-12);
}

TEST(AveragePrecision, TheHundredBestOfACategoryCount) {
  std::vector<Detection> detections;
  for (int i = 0; i < 100; ++i) detections.push_back(found_box(1000, 0, 10, 0.9));
  detections.push_back(found_box(0, 0, 40, 0.8));
  EXPECT_NEAR(summary_of({true_box(0, 0, 40)}, detections).ap, 0, 1e-12);
  detections.erase(detections.begin());
  EXPECT_NEAR(summary_of({true_box(0, 0, 40)}, detections).ap, 0.01, 1e-12);
}

TEST(AveragePrecision, MasksAreComparedPixelByPixel) {
  // 2 x 4, column-major: the truth is the left half, the detection the upper row.
  const Size size{2, 4};
  InstanceTruth truth{kCat, {}, 4, false, {size, {0, 4, 4}}};
  Detection found = found_box(0, 0, 1, 0.5);
  found.mask = {size, {0, 4, 4}};
  AveragePrecision same(ApKind::mask);
  same.add_image(0, {truth}, {found});
  EXPECT_NEAR(same.summary().ap, 1, 1e-12);
  found.mask = {size, {0, 1, 1, 1, 1, 1, 1, 1, 1}};  // 2 of 6 common
  AveragePrecision other(ApKind::mask);
  other.add_image(0, {truth}, {found});
  EXPECT_NEAR(other.summary().ap, 0, 1e-12);
}

TEST(AveragePrecision, CategoriesAreAveragedAndWithoutTruthLeftOut) {
  AveragePrecision ap(ApKind::box);
  InstanceTruth other = true_box(0, 0, 40);
  other.class_index = 6;
  Detection stray = found_box(0, 0, 40, 0.9);
  stray.class_index = 9;
  ap.add_image(0, {true_box(0, 0, 40), other}, {found_box(0, 0, 40, 0.9), stray});
  EXPECT_NEAR(ap.summary().ap, 0.5, 1e-12);
  EXPECT_NEAR(*ap.category_ap(kCat), 1, 1e-12);
  EXPECT_NEAR(*ap.category_ap(6), 0, 1e-12);
  EXPECT_FALSE(ap.category_ap(9));
  EXPECT_FALSE(ap.category_ap(77));
  EXPECT_EQ(ap.summary({9}).ap, -1);
}

TEST(AveragePrecision, PicturesMayComeInAnyOrderAndInParts) {
  const std::vector<InstanceTruth> truths = {true_box(0, 0, 40), true_box(90, 0, 40)};
  const std::vector<std::vector<Detection>> found = {
      {found_box(0, 0, 40, 0.9)}, {found_box(90, 0, 38, 0.9), found_box(300, 0, 40, 0.9)}, {}};
  AveragePrecision forward(ApKind::box), backward(ApKind::box), parts(ApKind::box);
  for (int i = 0; i < 3; ++i) forward.add_image(i, truths, found[i]);
  for (int i = 2; i >= 0; --i) backward.add_image(i, truths, found[i]);
  parts.add_image(2, truths, found[2]);
  AveragePrecision rest(ApKind::box);
  rest.add_image(1, truths, found[1]);
  rest.add_image(0, truths, found[0]);
  parts.merge(rest);
  EXPECT_EQ(forward.summary().numbers(), backward.summary().numbers());
  EXPECT_EQ(forward.summary().numbers(), parts.summary().numbers());
}

TEST(AveragePrecision, BoxesHaveTheirOwnAreaUnlessMadeOfMasks) {
  std::vector<Detection> detections = {found_box(0, 0, 10, 1), found_box(0, 0, 10, 1)};
  detections[0].area_px = detections[1].area_px = 7;
  detections[1].box_is_of_mask = true;
  use_box_areas(detections);
  EXPECT_EQ(detections[0].area_px, 100);
  EXPECT_EQ(detections[1].area_px, 7);
}

TEST(CategoryCurves, IgnoredDetectionsMoveNeitherRecallNorPrecision) {
  AveragePrecision::ImageResult image{0, {}, {2, 0, 0, 0}};
  AveragePrecision::Scored hit{0.9, 0, {}, {}}, ignored{0.8, 1, {}, {}}, miss{0.7, 2, {}, {}};
  hit.matched[0] = 1;
  ignored.ignored[0] = 1;
  image.detections = {hit, ignored, miss};
  const PrecisionCurve curve = CategoryCurves({image}, 0, 100).at(0);
  EXPECT_NEAR(curve.recall, 0.5, 1e-12);
  EXPECT_NEAR(curve.precision_sum, 51, 1e-9);  // recalls 0 … 0.50 at precision 1
  const PrecisionCurve first = CategoryCurves({image}, 0, 1).at(0);
  EXPECT_NEAR(first.precision_sum, 51, 1e-9);
  EXPECT_FALSE(CategoryCurves({image}, 1, 100).has_truth());
}

}  // namespace average_precision_test
}  // namespace fcclip::eval
