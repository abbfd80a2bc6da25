#include "fcclip/eval/semantic_score.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::eval {
namespace semantic_score_test {

at::Tensor labels(const std::vector<std::vector<int32_t>>& rows) {
  std::vector<at::Tensor> tensors;
  for (const std::vector<int32_t>& row : rows) tensors.push_back(at::tensor(row, at::kInt));
  return at::stack(tensors);
}

TEST(SemanticScore, CountsByHand) {
  // Class 0: 3 right of 4 true and 3 found. Class 1: 3 right, 4 found; of its 4 true pixels one was
  // answered with "ignore", which counts nowhere.
  SemanticScore score(2, false);
  score.add(labels({{0, 0, 1, 1}, {0, 0, 1, 1}}), labels({{0, 1, 1, 1}, {0, 0, 1, 255}}), 255);
  const SemanticSummary got = score.summary();
  EXPECT_DOUBLE_EQ(got.classes[0].iou, 3.0 / 4);
  EXPECT_DOUBLE_EQ(got.classes[1].iou, 3.0 / 4);
  EXPECT_DOUBLE_EQ(got.classes[0].accuracy, 3.0 / 4);
  EXPECT_DOUBLE_EQ(got.classes[1].accuracy, 1);
  EXPECT_DOUBLE_EQ(got.mean_iou, 3.0 / 4);
  EXPECT_DOUBLE_EQ(got.frequency_weighted_iou, 3.0 / 4 * 4 / 7 + 3.0 / 4 * 3 / 7);
  EXPECT_DOUBLE_EQ(got.mean_accuracy, 7.0 / 8);
  EXPECT_DOUBLE_EQ(got.pixel_accuracy, 6.0 / 7);
  // Row: prediction, column: truth, the last of each "ignored".
  EXPECT_EQ(score.confusion(), (std::vector<int64_t>{3, 0, 0, 1, 3, 0, 0, 1, 0}));
}

TEST(SemanticScore, PixelsWithoutTruthAreLeftOut) {
  SemanticScore score(2, false);
  score.add(labels({{0, 255, 255}}), labels({{0, 0, 1}}), 255);
  EXPECT_EQ(score.summary().pixel_accuracy, 1);
  EXPECT_EQ(score.summary().mean_iou, 1);
}

TEST(SemanticScore, AClassThatNeverOccursHasNoScore) {
  SemanticScore score(3, false);
  score.add(labels({{0, 0}}), labels({{0, 2}}), 255);
  const SemanticSummary got = score.summary();
  EXPECT_TRUE(std::isnan(got.classes[1].iou));
  EXPECT_TRUE(std::isnan(got.classes[2].iou));  // found, but never true
  EXPECT_DOUBLE_EQ(got.mean_iou, 0.5);
  EXPECT_DOUBLE_EQ(mean_iou(got, {0, 1}), 0.5);
  EXPECT_TRUE(std::isnan(mean_iou(got, {1, 2})));
  EXPECT_TRUE(std::isnan(SemanticScore(2).summary().mean_iou));
}

// The label less the least label within the radius; outside counts as 0.
at::Tensor naive_boundary(const at::Tensor& map) {
  const int64_t height = map.size(0), width = map.size(1);
  const double diagonal = std::sqrt(static_cast<double>(height * height + width * width));
  const auto radius = std::max<int64_t>(1, std::llrint(0.02 * diagonal));
  at::Tensor out = map.clone();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      int32_t least = INT32_MAX;
      for (int64_t v = y - radius; v <= y + radius; ++v) {
        for (int64_t u = x - radius; u <= x + radius; ++u) {
          const bool outside = v < 0 || u < 0 || v >= height || u >= width;
          least = std::min(least, outside ? 0 : map[v][u].item<int32_t>());
        }
      }
      out[y][x] = map[y][x].item<int32_t>() - least;
    }
  }
  return out;
}

TEST(LabelBoundary, EqualsTheNaiveErosion) {
  at::manual_seed(1);
  const std::vector<std::pair<int64_t, int64_t>> sizes = {{1, 1}, {2, 9}, {13, 7}, {80, 90}};
  for (const auto& [height, width] : sizes) {
    const at::Tensor map = at::randint(0, 4, {height, width}, at::kInt);
    EXPECT_TRUE(label_boundary(map).equal(naive_boundary(map))) << height << "x" << width;
  }
}

TEST(LabelBoundary, OfAFullMapIsItsRim) {
  const at::Tensor got = label_boundary(at::ones({5, 5}, at::kInt));
  EXPECT_EQ(got.sum().item<int64_t>(), 16);
  EXPECT_EQ(got.slice(0, 1, 4).slice(1, 1, 4).sum().item<int64_t>(), 0);
}

TEST(SemanticScore, BoundaryIouComparesTheRims) {
  const at::Tensor map = at::ones({6, 6}, at::kInt);
  SemanticScore same(2);
  same.add(map, map, 255);
  EXPECT_EQ(same.summary().classes[1].boundary_iou, 1);
  // Truth 1 everywhere: a rim of 20. Answer 1 in the left three columns only: boundary 1 where its
  // own rim is, which is all of it but rows 1 to 4 of column 1 (14 pixels).
  at::Tensor half = map.clone();
  half.slice(1, 3).fill_(0);
  SemanticScore other(2);
  other.add(map, half, 255);
  // In both: rows 0 and 5 of three columns, rows 1 to 4 of column 0: 10; united 20 + 14 - 10.
  EXPECT_DOUBLE_EQ(other.summary().classes[1].boundary_iou, 10.0 / 24);
}

TEST(SemanticScore, ManyClassesHaveNoBoundaryScore) {
  EXPECT_TRUE(SemanticScore(254).has_boundary());
  SemanticScore many(255);
  EXPECT_FALSE(many.has_boundary());
  many.add(labels({{254}}), labels({{254}}), 300);
  EXPECT_TRUE(std::isnan(many.summary().classes[254].boundary_iou));
  EXPECT_EQ(many.summary().classes[254].iou, 1);
}

TEST(SemanticScore, MergedCountsAreThoseOfAllPictures) {
  const at::Tensor truth = labels({{0, 1}, {1, 1}}), first = labels({{0, 0}, {1, 1}}),
                   second = labels({{1, 1}, {1, 255}});
  SemanticScore all(2), one(2), two(2);
  all.add(truth, first, 255);
  all.add(truth, second, 255);
  one.add(truth, first, 255);
  two.add(truth, second, 255);
  one.merge(two);
  EXPECT_EQ(one.confusion(), all.confusion());
  EXPECT_EQ(one.boundary_confusion(), all.boundary_confusion());
}

void expect_error(ErrorCode code, const std::string& part, const std::function<void()>& act) {
  try {
    act();
    ADD_FAILURE() << "no error about " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(SemanticScore, WhatDoesNotFitIsNamed) {
  SemanticScore score(2);
  const at::Tensor truth = labels({{0, 1}});
  const LabelNames names{"t.png", "p.png"};
  expect_error(ErrorCode::shape_mismatch, "p.png: 1x1",
               [&] { score.add(truth, labels({{0}}), 255, names); });
  expect_error(ErrorCode::bad_format, "p.png: label 2", [&] {
    score.add(truth, labels({{0, 2}}), 255, names);
  });
  expect_error(ErrorCode::bad_format, "t.png: label -3", [&] {
    score.add(labels({{0, -3}}), truth, 255, names);
  });
  expect_error(ErrorCode::invalid_argument, "at least one class", [] { SemanticScore(0); });
  expect_error(ErrorCode::shape_mismatch, "different class counts",
               [&] { score.merge(SemanticScore(3)); });
}

}  // namespace semantic_score_test
}  // namespace fcclip::eval
