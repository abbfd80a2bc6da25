#include <algorithm>

#include <ATen/CPUGeneratorImpl.h>

#include "fcclip/results/rle.h"
#include "tests/results/naive_results.h"
#include "tests/results/recorded_case.h"

namespace fcclip::results {
namespace instances_test {

using test::golden;
using test::make_scene;
using test::Scene;

Rle rle_of(const Segment& instance, Size size) {
  return {size, instance.rle_counts};
}

// Reference instances are unordered: find the best match of each by class, score and mask.
void expect_instances(const std::vector<Segment>& got, Size size, const at::Tensor& classes,
                      const at::Tensor& scores, const at::Tensor& masks) {
  ASSERT_EQ(static_cast<int64_t>(got.size()), classes.numel());
  std::vector<bool> used(got.size(), false);
  for (int64_t i = 0; i < classes.numel(); ++i) {
    bool found = false;
    for (size_t j = 0; j < got.size() && !found; ++j) {
      if (used[j] || got[j].class_index != classes[i].item<int64_t>()) continue;
      if (std::abs(got[j].score - scores[i].item<float>()) > 2e-5) continue;
      const at::Tensor mask = to_mask(rle_of(got[j], size));
      if (mask.ne(masks[i]).sum().item<int64_t>() > 3) continue;
      found = used[j] = true;
    }
    EXPECT_TRUE(found) << "reference instance " << i;
  }
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end(),
                             [](const auto& a, const auto& b) { return a.score > b.score; }));
}

TEST(Instances, EqualRecordedOperatorCases) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json all = test::golden_json("ops/postprocess.json");
  const std::vector<bool> things =
      test::things_of(all.at("thing_contiguous_ids"), all.at("num_classes").get<size_t>());
  const std::string file = "ops/postprocess.safetensors";
  int64_t compared = 0;
  for (const nlohmann::json& c : all.at("cases")) {
    if (c.at("topk_tie_at_boundary")) continue;
    const std::string name = c.at("name");
    SCOPED_TRACE(name);
    const MaskSource masks = test::at_own_size(golden(file, name + ".mask_pred"));
    const std::vector<Segment> got = instances(masks, golden(file, name + ".mask_cls"), things,
                                               {c.at("topk").get<int64_t>(), true})
                                         .segments;
    expect_instances(got, masks.original, golden(file, name + ".inst.classes"),
                     golden(file, name + ".inst.scores"), golden(file, name + ".inst.masks"));
    ++compared;
  }
  EXPECT_GE(compared, 15);
}

class RecordedInstances : public ::testing::TestWithParam<test::CaseName> {};

TEST_P(RecordedInstances, InstancesOfTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const test::RecordedCase c = test::recorded_case(GetParam());
  const Size original = c.masks.original;
  const std::string& file = c.tensors;
  const std::vector<Segment> got =
      instances(c.masks, c.log_probs, c.things,
                {c.config.at("test_topk_per_image").get<int64_t>(), true})
          .segments;
  const at::Tensor packed = golden(file, "inst.masks_packed");
  const at::Tensor bits = packed.unsqueeze(-1)
                              .bitwise_right_shift(at::arange(8, at::kByte))
                              .bitwise_and(1)
                              .flatten(1)
                              .narrow(1, 0, original.height * original.width)
                              .view({-1, original.height, original.width});
  expect_instances(got, original, golden(file, "inst.classes"), golden(file, "inst.scores"), bits);
}

INSTANTIATE_TEST_SUITE_P(Instances, RecordedInstances, test::kRecordedCases);

using Sizes = test::SceneSizes;

class InstanceSizes : public ::testing::TestWithParam<Sizes> {};

TEST_P(InstanceSizes, EqualWholeImageTensors) {
  const Sizes p = GetParam();
  const Scene s = make_scene(p, 13);
  const at::Tensor logits = test::naive_masks(s.masks);
  const at::Tensor probs = at::softmax(s.log_probs, -1);
  const std::vector<Segment> got = instances(s.masks, s.log_probs, s.is_thing, {30, true}).segments;
  ASSERT_FALSE(got.empty());
  for (const Segment& instance : got) {
    EXPECT_TRUE(s.is_thing[static_cast<size_t>(instance.class_index)]);
    const at::Tensor mask = logits[instance.query].gt(0);
    const Rle rle = rle_of(instance, p.original);
    EXPECT_LE(to_mask(rle).ne(mask).sum().item<int64_t>(), 3);
    EXPECT_EQ(instance.area_px, area(rle));
    EXPECT_EQ(instance.box_xywh_px, box_xywh(from_mask(to_mask(rle))));
    const double inside =
        logits[instance.query].sigmoid().mul(mask).sum(at::kDouble).item<double>();
    const double mean = inside / (mask.sum().item<int64_t>() + 1e-6);
    const double score = probs[instance.query][instance.class_index].item<double>() * mean;
    EXPECT_NEAR(instance.score, score, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Instances, InstanceSizes,
                         ::testing::Values(Sizes{20, 5, {32, 48}, {122, 183}, {125, 188}},
                                           Sizes{10, 5, {32, 48}, {128, 192}, {400, 600}},
                                           Sizes{12, 3000, {16, 16}, {64, 50}, {50, 39}},
                                           Sizes{9, 1, {16, 16}, {50, 64}, {77, 100}},
                                           Sizes{9, 4, {8, 8}, {32, 32}, {1, 1}},
                                           Sizes{9, 4, {8, 160}, {1, 640}, {1, 5000}},
                                           Sizes{9, 4, {160, 8}, {640, 1}, {5000, 1}}));

TEST(Instances, ThingsAreChosenAfterTheBestPairs) {
  Scene s = make_scene({4, 2, {8, 8}, {32, 32}, {32, 32}}, 5);
  s.is_thing = {false, true};
  // Each query's first class (stuff) is far ahead, so the four best pairs are all stuff.
  s.log_probs = at::log_softmax(at::tensor({4.0f, 0.0f, 0.0f}).expand({4, 3}), -1);
  EXPECT_TRUE(instances(s.masks, s.log_probs, s.is_thing, {4, true}).segments.empty());
  EXPECT_EQ(instances(s.masks, s.log_probs, s.is_thing, {5, true}).segments.size(), 1);
  EXPECT_EQ(instances(s.masks, s.log_probs, s.is_thing, {4, false}).segments.size(), 4);
  EXPECT_EQ(instances(s.masks, s.log_probs, s.is_thing, {100, false}).segments.size(), 8);
  EXPECT_TRUE(instances(s.masks, s.log_probs, s.is_thing, {0, false}).segments.empty());
}

TEST(Instances, EmptyMaskHasScoreZero) {
  Scene s = make_scene({1, 1, {8, 8}, {32, 32}, {32, 32}}, 5);
  s.masks.mask_logits = at::full({1, 8, 8}, -1.0);
  const std::vector<Segment> got = instances(s.masks, s.log_probs, {true}, {}).segments;
  ASSERT_EQ(got.size(), 1);
  EXPECT_EQ(got[0].score, 0);
  EXPECT_EQ(got[0].area_px, 0);
  EXPECT_EQ(got[0].rle_counts, std::vector<uint32_t>{1024});
}

}  // namespace instances_test
}  // namespace fcclip::results
