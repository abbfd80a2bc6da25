#include "fcclip/eval/panoptic_quality.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace panoptic_quality_test {

// A picture of one row; areas are counted, segment id -> category.
PanopticMap row(const std::vector<int32_t>& ids, const std::map<int64_t, int64_t>& categories,
                int64_t crowd = -1) {
  PanopticMap map{at::tensor(ids, at::kInt).view({1, -1}), {}};
  for (const auto& [id, category] : categories) {
    map.segments.push_back({id, category, std::count(ids.begin(), ids.end(), id), id == crowd});
  }
  return map;
}

void expect_counts(const MatchCounts& got, const MatchCounts& want) {
  EXPECT_NEAR(got.iou, want.iou, 1e-12);
  EXPECT_EQ(got.true_positives, want.true_positives);
  EXPECT_EQ(got.false_positives, want.false_positives);
  EXPECT_EQ(got.false_negatives, want.false_negatives);
}

PanopticQuality score(const PanopticMap& truth, const PanopticMap& prediction) {
  PanopticQuality quality;
  quality.add(truth, prediction, "a.png");
  return quality;
}

TEST(PanopticQuality, IsTheFormula) {
  const Quality quality = quality_of({1.5, 2, 1, 1});
  EXPECT_DOUBLE_EQ(quality.pq, 0.5);  // 1.5 / (2 + 1/2 + 1/2)
  EXPECT_DOUBLE_EQ(quality.sq, 0.75);
  EXPECT_DOUBLE_EQ(quality.rq, 2.0 / 3);
  EXPECT_EQ(quality_of({}).pq, 0);
  EXPECT_EQ(quality_of({0, 0, 3, 0}).sq, 0);
}

TEST(PanopticQuality, AMatchNeedsMoreThanHalf) {
  const PanopticMap truth = row({1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2}, {{1, 7}, {2, 7}});
  // 4 of 8 common, 4 of 8 common: exactly half is no match.
  const PanopticMap half = row({5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6}, {{5, 7}, {6, 7}});
  expect_counts(score(truth, half).counts(7), {0, 0, 2, 2});
  // 5 / 8 and 4 / 7.
  const PanopticMap more = row({5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6}, {{5, 7}, {6, 7}});
  expect_counts(score(truth, more).counts(7), {5.0 / 8 + 4.0 / 7, 2, 0, 0});
}

TEST(PanopticQuality, TheSameSegmentOfAnotherCategoryIsMissedAndFalse) {
  const PanopticMap truth = row({1, 1, 1, 1}, {{1, 7}}), prediction = row({1, 1, 1, 1}, {{1, 8}});
  const PanopticQuality quality = score(truth, prediction);
  expect_counts(quality.counts(7), {0, 0, 0, 1});
  expect_counts(quality.counts(8), {0, 0, 1, 0});
}

TEST(PanopticQuality, VoidIsLeftOutOfTheUnion) {
  // 3 common, 3 of the prediction on void: IoU 3 / (6 + 3 - 3 - 3) = 1.
  const PanopticMap truth = row({1, 1, 1, 0, 0, 0}, {{1, 7}});
  expect_counts(score(truth, row({4, 4, 4, 4, 4, 4}, {{4, 7}})).counts(7), {1, 1, 0, 0});
}

TEST(PanopticQuality, MoreThanHalfVoidExcusesAFalseAlarm) {
  const PanopticMap truth = row({1, 1, 1, 0, 0, 0}, {{1, 7}});
  const PanopticMap mostly = row({9, 9, 4, 4, 4, 4}, {{9, 7}, {4, 8}});  // 3 of 4
  expect_counts(score(truth, mostly).counts(8), {0, 0, 0, 0});
  const PanopticMap half = row({9, 4, 4, 4, 4, 0}, {{9, 7}, {4, 8}});  // 2 of 4
  expect_counts(score(truth, half).counts(8), {0, 0, 1, 0});
}

TEST(PanopticQuality, ACrowdExcusesItsOwnCategoryAndIsNeverMissed) {
  const PanopticMap truth = row({1, 1, 1, 1, 2, 2}, {{1, 7}, {2, 8}}, /*crowd=*/1);
  const PanopticQuality same = score(truth, row({3, 3, 3, 3, 2, 2}, {{3, 7}, {2, 8}}));
  expect_counts(same.counts(7), {0, 0, 0, 0});
  expect_counts(same.counts(8), {1, 1, 0, 0});
  const PanopticQuality other = score(truth, row({3, 3, 3, 3, 2, 2}, {{3, 9}, {2, 8}}));
  expect_counts(other.counts(9), {0, 0, 1, 0});
  expect_counts(other.counts(7), {0, 0, 0, 0});
}

TEST(PanopticQuality, TheTruthsAreaIsWhatItsFileSays) {
  PanopticMap truth = row({1, 1, 1, 1}, {{1, 7}});
  truth.segments[0].area_px = 8;  // 4 / (4 + 8 - 4): no match
  expect_counts(score(truth, row({1, 1, 1, 1}, {{1, 7}})).counts(7), {0, 0, 1, 1});
}

TEST(PanopticQuality, TheMeanIsOverCategoriesThatOccur) {
  PanopticQuality quality;
  quality.add_counts(0, {2, 2, 0, 0});  // PQ 1
  quality.add_counts(1, {0, 0, 1, 1});  // PQ 0
  const MeanQuality mean = quality.mean({0, 1, 2});
  EXPECT_EQ(mean.count, 2);
  EXPECT_DOUBLE_EQ(mean.pq, 0.5);
  EXPECT_EQ(quality.mean({2, 3}).count, 0);
}

TEST(PanopticQuality, MergedSumsAreThoseOfAllPictures) {
  const PanopticMap truth = row({1, 1, 1, 2}, {{1, 7}, {2, 8}});
  const PanopticMap first = row({1, 1, 1, 1}, {{1, 7}}),
                    second = row({3, 3, 3, 4}, {{3, 7}, {4, 9}});
  PanopticQuality both = score(truth, first), all;
  both.merge(score(truth, second));
  all.add(truth, first, "a.png");
  all.add(truth, second, "b.png");
  for (const int64_t category : {7, 8, 9})
    expect_counts(both.counts(category), all.counts(category));
}

void expect_error(const PanopticMap& truth, const PanopticMap& prediction, ErrorCode code,
                  const std::string& part) {
  try {
    score(truth, prediction);
    ADD_FAILURE() << "no error about " << part;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), code) << message;
    EXPECT_TRUE(message.starts_with("a.png: ")) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(PanopticQuality, MapsThatDoNotFitAreNamed) {
  const PanopticMap truth = row({1, 1}, {{1, 7}});
  expect_error(truth, row({1, 1, 1}, {{1, 7}}), ErrorCode::shape_mismatch, "3x1");
  expect_error(truth, row({1, 2}, {{1, 7}}), ErrorCode::bad_format, "segment id 2");
  expect_error(truth, row({1, 1}, {{1, 7}, {3, 7}}), ErrorCode::bad_format, "segment id 3");
}

}  // namespace panoptic_quality_test
}  // namespace fcclip::eval
