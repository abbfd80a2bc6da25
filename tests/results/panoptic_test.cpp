#include <ATen/CPUGeneratorImpl.h>

#include "fcclip/core/error.h"
#include "tests/results/naive_results.h"
#include "tests/results/recorded_case.h"
#include "tests/support/errors.h"

namespace fcclip::results {
namespace panoptic_test {

using test::at_own_size;
using test::different_pixels;
using test::golden;
using test::make_scene;
using test::Scene;
using test::things_of;

void expect_segments(const PanopticSegmentation& got, const nlohmann::json& want) {
  ASSERT_EQ(got.segments.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(got.segments[i].id, want[i].at("id").get<int64_t>());
    EXPECT_EQ(got.segments[i].class_index, want[i].at("category_id").get<int64_t>());
    EXPECT_EQ(got.segments[i].is_thing, want[i].at("isthing").get<bool>());
  }
}

// The segments' own numbers must be those of the map.
void expect_consistent(const PanopticSegmentation& result) {
  int64_t covered = 0;
  for (const Segment& segment : result.segments) {
    const at::Tensor mask = result.ids.eq(segment.id);
    const at::Tensor at = at::nonzero(mask);
    ASSERT_GT(at.size(0), 0);
    EXPECT_EQ(segment.area_px, at.size(0));
    const at::Tensor low = at.amin(0), high = at.amax(0);
    const std::array<int64_t, 4> box = {low[1].item<int64_t>(), low[0].item<int64_t>(),
                                        (high - low)[1].item<int64_t>() + 1,
                                        (high - low)[0].item<int64_t>() + 1};
    EXPECT_EQ(segment.box_xywh_px, box);
    covered += segment.area_px;
  }
  EXPECT_EQ(covered, result.ids.ne(0).sum().item<int64_t>());
}

TEST(Panoptic, EqualsRecordedOperatorCases) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json all = test::golden_json("ops/postprocess.json");
  const std::vector<bool> things =
      things_of(all.at("thing_contiguous_ids"), all.at("num_classes").get<size_t>());
  int64_t cases = 0;
  for (const nlohmann::json& c : all.at("cases")) {
    const std::string name = c.at("name");
    SCOPED_TRACE(name);
    const std::string file = "ops/postprocess.safetensors";
    const PanopticSegmentation got =
        panoptic(at_own_size(golden(file, name + ".mask_pred")), golden(file, name + ".mask_cls"),
                 things, {c.at("object_mask_threshold"), c.at("overlap_threshold")});
    expect_segments(got, c.at("segments_info"));
    EXPECT_EQ(different_pixels(got.ids, golden(file, name + ".panoptic_seg")), 0);
    expect_consistent(got);
    ++cases;
  }
  EXPECT_EQ(cases, 18);
}

class RecordedPanoptic : public ::testing::TestWithParam<test::CaseName> {};

TEST_P(RecordedPanoptic, PanopticWithinThreePixels) {
  FCCLIP_NEEDS_GOLDENS();
  const test::RecordedCase c = test::recorded_case(GetParam());
  const PanopticSegmentation got =
      panoptic(c.masks, c.log_probs, c.things,
               {c.config.at("object_mask_threshold"), c.config.at("overlap_threshold")});
  expect_segments(got, c.post.at("segments_info"));
  EXPECT_LE(different_pixels(got.ids, golden(c.tensors, "panoptic_seg")), 3);
  expect_consistent(got);
}

INSTANTIATE_TEST_SUITE_P(Panoptic, RecordedPanoptic, test::kRecordedCases);

using Sizes = test::SceneSizes;

class PanopticSizes : public ::testing::TestWithParam<Sizes> {};

TEST_P(PanopticSizes, EqualsWholeImageTensors) {
  const Sizes p = GetParam();
  for (const double overlap : {0.8, 0.3, 0.0}) {
    const Scene s = make_scene(p, 7);
    const PanopticSegmentation got = panoptic(s.masks, s.log_probs, s.is_thing, {0.0, overlap});
    const PanopticSegmentation want =
        test::naive_panoptic(s.masks, s.log_probs, s.is_thing, {0.0, overlap});
    ASSERT_EQ(got.segments.size(), want.segments.size());
    for (size_t i = 0; i < want.segments.size(); ++i) {
      EXPECT_EQ(got.segments[i].class_index, want.segments[i].class_index);
      EXPECT_EQ(got.segments[i].query, want.segments[i].query);
    }
    EXPECT_LE(different_pixels(got.ids, want.ids), 3);
    expect_consistent(got);
  }
}

INSTANTIATE_TEST_SUITE_P(Panoptic, PanopticSizes,
                         ::testing::Values(Sizes{20, 5, {32, 48}, {122, 183}, {125, 188}},
                                           Sizes{20, 5, {32, 48}, {128, 192}, {640, 960}},
                                           Sizes{12, 3000, {32, 32}, {128, 100}, {50, 39}},
                                           Sizes{9, 1, {16, 16}, {50, 64}, {77, 100}},
                                           Sizes{9, 4, {8, 8}, {32, 32}, {1, 1}},
                                           Sizes{9, 4, {8, 160}, {1, 640}, {1, 5000}},
                                           Sizes{9, 4, {160, 8}, {640, 1}, {5000, 1}},
                                           Sizes{1, 2, {24, 24}, {90, 96}, {300, 320}}));

TEST(Panoptic, NoKeptQueryGivesAnEmptyMap) {
  Scene s = make_scene({5, 3, {8, 8}, {32, 32}, {40, 30}}, 1);
  s.log_probs = at::zeros({5, 4});
  s.log_probs.select(1, 3).fill_(5);  // void everywhere
  const PanopticSegmentation got = panoptic(s.masks, s.log_probs, s.is_thing, {});
  EXPECT_TRUE(got.segments.empty());
  EXPECT_EQ(got.ids.ne(0).sum().item<int64_t>(), 0);
  EXPECT_EQ(got.ids.sizes(), (std::vector<int64_t>{40, 30}));
}

TEST(Panoptic, NoQueriesAtAllGiveAnEmptyMap) {
  const MaskSource masks = {at::zeros({0, 8, 8}), {32, 32}, {32, 32}, {16, 16}};
  EXPECT_TRUE(panoptic(masks, at::zeros({0, 4}), {true, true, false}, {}).segments.empty());
}

TEST(Panoptic, PermutedQueriesGiveTheSameSegments) {
  const Scene s = make_scene({16, 6, {32, 32}, {120, 128}, {150, 160}}, 3);
  const PanopticSegmentation a = panoptic(s.masks, s.log_probs, s.is_thing, {0.0, 0.3});
  const at::Tensor order = at::arange(15, -1, -1, at::kLong);
  MaskSource permuted = s.masks;
  permuted.mask_logits = s.masks.mask_logits.index_select(0, order);
  const PanopticSegmentation b =
      panoptic(permuted, s.log_probs.index_select(0, order), s.is_thing, {0.0, 0.3});
  ASSERT_EQ(a.segments.size(), b.segments.size());
  ASSERT_FALSE(a.segments.empty());
  at::Tensor renamed = at::zeros_like(a.ids);
  for (const Segment& in_a : a.segments) {
    // A merged segment is named by its first query, so stuff is found by its class.
    for (const Segment& in_b : b.segments) {
      const bool same = in_a.is_thing ? in_b.query == 15 - in_a.query
                                      : !in_b.is_thing && in_b.class_index == in_a.class_index;
      if (same) renamed.masked_fill_(b.ids.eq(in_b.id), in_a.id);
    }
  }
  EXPECT_EQ(different_pixels(renamed, a.ids), 0);
}

// Far below zero every sigmoid is exactly 0 in float32: all queries tie, and the first is given the
// pixel.
TEST(Panoptic, VanishingSigmoidsTieForTheFirstQuery) {
  const Scene s = make_scene({4, 3, {16, 16}, {64, 64}, {64, 64}}, 5);
  MaskSource masks = s.masks;
  masks.mask_logits = at::full({4, 16, 16}, -200.0);
  masks.mask_logits[0].narrow(0, 0, 2).fill_(5);
  masks.mask_logits[2].narrow(0, 8, 8).fill_(5);
  const at::Tensor log_probs = at::log_softmax(at::eye(4) * 4, -1);
  const PanopticSegmentation got = panoptic(masks, log_probs, s.is_thing, {0.0, 0.8});
  const PanopticSegmentation want = test::naive_panoptic(masks, log_probs, s.is_thing, {0.0, 0.8});
  EXPECT_EQ(got.segments.size(), want.segments.size());
  EXPECT_EQ(different_pixels(got.ids, want.ids), 0);
}

TEST(Panoptic, WrongShapesAreNamed) {
  const Scene s = make_scene({4, 3, {8, 8}, {32, 32}, {32, 32}}, 5);
  EXPECT_ERROR(shape_mismatch, "class_log_probs: expected shape [4, *]",
               panoptic(s.masks, at::zeros({5, 4}), s.is_thing, {}));
  EXPECT_ERROR(shape_mismatch, "is_thing has 1 entries for 3 classes",
               panoptic(s.masks, s.log_probs, {true}, {}));
  MaskSource bad = s.masks;
  bad.original = {0, 5};
  EXPECT_ERROR(invalid_argument, "original size must be at least 1x1",
               panoptic(bad, s.log_probs, s.is_thing, {}));
  bad = s.masks;
  bad.resized = {33, 32};
  EXPECT_ERROR(invalid_argument, "resized size 33x32 does not fit in padded size 32x32",
               panoptic(bad, s.log_probs, s.is_thing, {}));
}

}  // namespace panoptic_test
}  // namespace fcclip::results
