#include "fcclip/tiles/overview.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::tiles {
namespace {

results::Segment named(int64_t id) {
  results::Segment segment;
  segment.id = id;
  segment.class_index = id;
  return segment;
}

TEST(Overview, SmallPicturesStayAsTheyAre) {
  Overview overview({3, 4});
  const at::Tensor rgb = at::arange(36).view({3, 4, 3}).to(at::kByte);
  overview.add_pixels(rgb.slice(0, 0, 2));
  overview.add_pixels(rgb.slice(0, 2));
  EXPECT_EQ(overview.factor(), 1);
  EXPECT_TRUE(overview.rgb().equal(rgb));
}

TEST(Overview, PixelsAreMeansAndIdsThoseOfTheMiddle) {
  Overview overview({4100, 4100});
  ASSERT_EQ(overview.factor(), 3);
  EXPECT_EQ(overview.size(), (Size{1366, 1366}));
  at::Tensor rgb = at::zeros({6, 4100, 3}, at::kByte);
  rgb.slice(1, 0, 3).fill_(90);
  rgb[1].slice(0, 0, 3).fill_(0);
  overview.add_pixels(rgb);
  EXPECT_EQ(overview.rgb()[0][0][0].item<int>(), 60);
  EXPECT_EQ(overview.rgb()[1][0][0].item<int>(), 90);
  EXPECT_EQ(overview.rgb()[0][1][0].item<int>(), 0);
  at::Tensor ids = at::zeros({6, 4100}, at::kInt);
  ids[4].slice(0, 4, 8).fill_(2);  // columns 4 and 7 are middles
  ids[0].fill_(1);                 // no middle
  overview.add_ids(ids);
  const results::Segmentation seen = overview.segmentation({named(1), named(2)});
  ASSERT_EQ(seen.segments().size(), 1u);
  EXPECT_EQ(seen.segments()[0].class_index, 2);
  EXPECT_EQ(seen.segments()[0].area_px, 2);
  EXPECT_EQ(seen.segments()[0].box_xywh_px, (std::array<int64_t, 4>{1, 1, 2, 1}));
  EXPECT_EQ(seen.panoptic().ids[1][1].item<int>(), 1);
}

// Thinner than one pixel of the overview.
TEST(Overview, ThinPicturesAreSeen) {
  Overview overview({2, 9000});
  ASSERT_EQ(overview.size(), (Size{1, 1800}));
  overview.add_pixels(at::full({2, 9000, 3}, 70, at::kByte));
  overview.add_ids(at::ones({2, 9000}, at::kInt));
  EXPECT_EQ(overview.rgb().min().item<int>(), 70);
  EXPECT_EQ(overview.segmentation({named(1)}).segments()[0].area_px, 1800);
}

}  // namespace
}  // namespace fcclip::tiles
