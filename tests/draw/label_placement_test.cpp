#include "fcclip/draw/label_placement.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/draw/border_distance.h"

namespace fcclip::draw {
namespace {

/// Letters of half the font's width.
TextSize measure(const Text& text) {
  const auto letters = static_cast<double>(text.name.size() + text.detail.size());
  return {0.5 * text.font_px * letters, 1.2 * text.font_px};
}

std::vector<PlacedLabel> place(const at::Tensor& ids, const std::vector<LabelRequest>& requests) {
  return place_labels(ids, border_distance(ids), requests, {}, measure);
}

TEST(LabelPlacement, InTheMiddleOfALargeSegment) {
  at::Tensor ids = at::zeros({400, 400}, at::kInt);
  ids.slice(0, 100, 200).slice(1, 50, 350).fill_(7);
  const std::vector<PlacedLabel> labels = place(ids, {{7, "name", "0.90"}});
  ASSERT_EQ(labels.size(), 1u);
  const Box& box = labels[0].box;
  EXPECT_NEAR(box.y + box.height / 2, 150, 3);
  EXPECT_GE(box.x, 50);
  EXPECT_LE(box.x + box.width, 350);
  EXPECT_FALSE(labels[0].outside);
  EXPECT_EQ(labels[0].text.detail, "0.90");
}

TEST(LabelPlacement, SmallSegmentsAreLabelledBeside) {
  at::Tensor ids = at::zeros({400, 400}, at::kInt);
  ids.slice(0, 200, 212).slice(1, 200, 212).fill_(3);
  const std::vector<PlacedLabel> labels = place(ids, {{3, "long name", ""}});
  ASSERT_EQ(labels.size(), 1u);
  EXPECT_TRUE(labels[0].outside);
  EXPECT_NEAR(labels[0].anchor_x, 206, 2);
  EXPECT_NEAR(labels[0].anchor_y, 206, 2);
}

TEST(LabelPlacement, TinyAndAbsentSegmentsGetNone) {
  at::Tensor ids = at::zeros({400, 400}, at::kInt);
  ids.slice(0, 200, 203).slice(1, 200, 203).fill_(3);
  EXPECT_TRUE(place(ids, {{3, "tiny", ""}, {9, "absent", ""}, {0, "", "unnamed"}}).empty());
}

TEST(LabelPlacement, NoTwoOverlapAndAllStayInThePicture) {
  at::manual_seed(1);
  const at::Tensor ids =
      at::randint(0, 30, {12, 12}, at::kInt).repeat_interleave(30, 0).repeat_interleave(40, 1);
  std::vector<LabelRequest> requests;
  for (int32_t id = 0; id < 30; ++id)
    requests.push_back({id, "segment " + std::to_string(id), "0.5"});
  const std::vector<PlacedLabel> labels = place(ids, requests);
  EXPECT_GT(labels.size(), 20u);
  for (size_t i = 0; i < labels.size(); ++i) {
    const Box& a = labels[i].box;
    EXPECT_TRUE(a.x >= 0 && a.y >= 0 && a.x + a.width <= 480 && a.y + a.height <= 360);
    for (size_t j = 0; j < i; ++j) {
      const Box& b = labels[j].box;
      EXPECT_FALSE(a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
                   b.y < a.y + a.height);
    }
  }
}

TEST(BorderDistance, IsTheEuclideanDistanceToAnotherId) {
  at::manual_seed(2);
  const at::Tensor ids =
      at::randint(0, 3, {5, 6}, at::kInt).repeat_interleave(4, 0).repeat_interleave(5, 1);
  const at::Tensor got = border_distance(ids);
  const auto id = ids.accessor<int32_t, 2>();
  const auto distance = got.accessor<float, 2>();
  for (int64_t y = 0; y < ids.size(0); ++y) {
    for (int64_t x = 0; x < ids.size(1); ++x) {
      double nearest = 1e9;
      for (int64_t v = 0; v < ids.size(0); ++v) {
        for (int64_t u = 0; u < ids.size(1); ++u) {
          if (id[v][u] != id[y][x]) nearest = std::min(nearest, std::hypot(v - y, u - x));
        }
      }
      ASSERT_NEAR(distance[y][x], nearest, 1e-4) << y << " " << x;
    }
  }
}

TEST(BorderDistance, WithoutABorderEverythingIsFar) {
  EXPECT_GT(border_distance(at::zeros({4, 5}, at::kInt)).min().item<float>(), 1e6);
}

TEST(LabelPlacement, SizesThatAreNoneGetNoLabel) {
  // What Pango gives where no font can be loaded.
  at::Tensor ids = at::zeros({400, 400}, at::kInt);
  ids.slice(0, 200, 212).slice(1, 200, 212).fill_(3);
  const double infinite = std::numeric_limits<double>::infinity();
  for (const TextSize size :
       {TextSize{0, 0}, TextSize{50, -6.7e5}, TextSize{-1, 20}, TextSize{50, std::nan("")},
        TextSize{infinite, 20}, TextSize{1e9, 20}}) {
    const auto chance = [size](const Text&) { return size; };
    EXPECT_TRUE(
        place_labels(ids, border_distance(ids), {{3, "name", "0.9"}, {0, "all", ""}}, {}, chance)
            .empty());
  }
}

}  // namespace
}  // namespace fcclip::draw
