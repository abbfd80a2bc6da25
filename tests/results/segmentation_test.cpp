#include "fcclip/results/segmentation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/results/rle.h"
#include "tests/results/naive_results.h"
#include "tests/support/errors.h"

namespace fcclip::results {
namespace segmentation_test {

// A segment of 2 × 3 pixels, one corner of its box not its own.
Segmentation corner(Task task) {
  at::Tensor ids = at::zeros({4, 6}, at::kInt);
  ids.slice(0, 1, 3).slice(1, 2, 5).fill_(1);
  ids[1][2] = 0;
  Segment segment;
  segment.id = 1;
  segment.class_index = 1;
  segment.area_px = 5;
  segment.box_xywh_px = {2, 1, 3, 2};
  segment.rle_counts = from_mask(ids.eq(1)).counts;
  if (task == Task::panoptic) return {{4, 6}, PanopticSegmentation{ids, {segment}}};
  if (task == Task::semantic) return {{4, 6}, SemanticSegmentation{ids, {segment}}};
  return {{4, 6}, InstanceSegmentation{{segment}}};
}

class EveryTask : public ::testing::TestWithParam<Task> {};

TEST_P(EveryTask, IsTheTypeOfWhatWasFound) {
  EXPECT_EQ(corner(GetParam()).task(), GetParam());
  EXPECT_EQ(corner(GetParam()).segments().size(), 1);
  EXPECT_EQ(task_named(task_name(GetParam())), GetParam());
}

TEST_P(EveryTask, MasksLieInTheirBoxes) {
  const Segmentation found = corner(GetParam());
  const at::Tensor mask = mask_in_box(found, found.segments()[0]).ne(0);
  EXPECT_TRUE(mask.equal(at::tensor({0, 1, 1, 1, 1, 1}, at::kByte).view({2, 3}).ne(0)));
}

INSTANTIATE_TEST_SUITE_P(Segmentation, EveryTask,
                         ::testing::Values(Task::panoptic, Task::instance, Task::semantic));

TEST(Segmentation, OfAnotherKindIsRefused) {
  const Segmentation instances = corner(Task::instance);
  EXPECT_EQ(instances.instances().segments.size(), 1);
  try {
    instances.panoptic();
    FAIL() << "instances were taken for panoptic segments";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "expected a segmentation of kind panoptic, got instance");
  }
}

TEST(TaskNames, OthersAreNone) {
  EXPECT_FALSE(task_named("instances"));
  EXPECT_FALSE(task_named(""));
}

TEST(Semantic, SegmentsAreTheLabelsThatOccur) {
  const test::Scene s = test::make_scene({20, 5, {32, 48}, {122, 183}, {125, 188}}, 3);
  const SemanticSegmentation found = semantic(s.masks, s.log_probs, s.is_thing);
  EXPECT_TRUE(found.labels.equal(semantic_labels(s.masks, s.log_probs)));
  const at::Tensor probs = at::softmax(s.log_probs, -1);
  int64_t covered = 0;
  for (const Segment& segment : found.segments) {
    const at::Tensor mask = found.labels.eq(segment.class_index);
    EXPECT_EQ(segment.area_px, mask.sum().item<int64_t>());
    EXPECT_EQ(segment.box_xywh_px, box_xywh(from_mask(mask)));
    EXPECT_EQ(segment.is_thing, s.is_thing[static_cast<size_t>(segment.class_index)]);
    EXPECT_EQ(segment.score, probs.select(1, segment.class_index).max().item<double>());
    covered += segment.area_px;
  }
  EXPECT_EQ(covered, found.labels.numel());
  EXPECT_ERROR(shape_mismatch, "is_thing has 1 entries for",
               semantic(s.masks, s.log_probs, {true}));
}

}  // namespace segmentation_test
}  // namespace fcclip::results
