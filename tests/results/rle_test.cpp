#include "fcclip/results/rle.h"

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::results {
namespace {

at::Tensor mask_of(const nlohmann::json& rows) {
  const int64_t height = static_cast<int64_t>(rows.size());
  const int64_t width = static_cast<int64_t>(rows[0].get<std::string>().size());
  at::Tensor mask = at::zeros({height, width}, at::kByte);
  for (int64_t y = 0; y < height; ++y) {
    const std::string row = rows[static_cast<size_t>(y)];
    for (int64_t x = 0; x < width; ++x) {
      mask.data_ptr<uint8_t>()[y * width + x] = row[static_cast<size_t>(x)] == '1';
    }
  }
  return mask;
}

TEST(Rle, EqualsRecordedMasks) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json cases = test::golden_json("evaluators/coco/rle_cases.json");
  for (const nlohmann::json& c : cases.at("masks")) {
    const at::Tensor mask = mask_of(c.at("rows"));
    const Rle rle = from_mask(mask);
    const std::string text = c.at("counts");
    EXPECT_EQ(to_string(rle), text);
    EXPECT_EQ(from_string(text, rle.size), rle);
    EXPECT_TRUE(to_mask(rle).equal(mask));
    EXPECT_EQ(area(rle), c.at("area").get<int64_t>());
    const auto box = box_xywh(rle);
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(static_cast<double>(box[i]), c.at("bbox")[i]);
  }
}

TEST(Rle, EqualsRecordedOverlaps) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json c = test::golden_json("evaluators/coco/rle_cases.json").at("iou");
  const nlohmann::json& iou_matrix = c.at("iou");
  const Size size = {c.at("size")[0].get<int64_t>(), c.at("size")[1].get<int64_t>()};
  for (size_t d = 0; d < c.at("dt").size(); ++d) {
    for (size_t g = 0; g < c.at("gt").size(); ++g) {
      const Rle dt = from_string(c.at("dt")[d].get<std::string>(), size);
      const Rle gt = from_string(c.at("gt")[g].get<std::string>(), size);
      const bool crowd = c.at("iscrowd")[g] == 1;
      EXPECT_DOUBLE_EQ(iou(dt, gt, crowd), iou_matrix[d][g].get<double>());
    }
  }
}

TEST(Rle, RandomMasksSurviveTheString) {
  at::manual_seed(3);
  for (const auto& [height, width] : {std::pair(1, 1), {1, 5000}, {5000, 1}, {37, 41}, {300, 2}}) {
    for (const double share : {0.0, 0.02, 0.5, 1.0}) {
      const at::Tensor mask = at::rand({height, width}).lt(share).to(at::kByte);
      const Rle rle = from_mask(mask);
      const Rle back = from_string(to_string(rle), rle.size);
      EXPECT_EQ(back, rle);
      EXPECT_TRUE(to_mask(back).equal(mask));
      EXPECT_EQ(area(rle), mask.sum().item<int64_t>());
    }
  }
}

TEST(Rle, MergeAndOverlapEqualTheMasks) {
  at::manual_seed(5);
  const at::Tensor a = at::rand({20, 30}).lt(0.4), b = at::rand({20, 30}).lt(0.7);
  const Rle rle_a = from_mask(a), rle_b = from_mask(b);
  const at::Tensor both = a.logical_and(b), either = a.logical_or(b);
  EXPECT_EQ(merge({rle_a, rle_b}, true), from_mask(both));
  EXPECT_EQ(merge({rle_a, rle_b}, false), from_mask(either));
  const double i = both.sum().item<int64_t>(), u = either.sum().item<int64_t>();
  EXPECT_DOUBLE_EQ(iou(rle_a, rle_b, false), i / u);
  EXPECT_DOUBLE_EQ(iou(rle_a, rle_b, true), i / a.sum().item<int64_t>());
  EXPECT_DOUBLE_EQ(iou(rle_a, rle_a, false), 1);
  EXPECT_TRUE(merge({}, false).counts.empty());
}

TEST(Rle, BoxOverlap) {
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 10, 10}, {5, 0, 10, 10}, false), 50.0 / 150.0);
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 10, 10}, {5, 0, 10, 10}, true), 0.5);
  EXPECT_DOUBLE_EQ(box_iou({0, 0, 10, 10}, {10, 0, 10, 10}, false), 0);
}

TEST(Rle, BadStringsAreErrors) {
  const Size size = {10, 10};
  const std::pair<const char*, const char*> cases[] = {
      {"", "sum to 0, expected 100"},
      {"!", "a bad character at 0"},
      {"P", "ends inside a number"},
      {"0", "sum to 0, expected 100"},
      {"zzzzzzzzzzzz", "character at 0"},
      {"oooooooooooooooooooo", "a bad character at 8"},
      {"S3S3", "sum to 198"},
      {"1O", "has run length -1 before character 2"}};
  for (const auto& one : cases) {
    EXPECT_ERROR(bad_format, one.second, from_string(one.first, size)) << one.first;
  }
  EXPECT_ERROR(bad_format, "RLE size -1x10 is negative", from_string("T3", {-1, 10}));
  EXPECT_ERROR(bad_format, "run lengths of a 10x10 mask sum to 99, expected 100",
               to_mask({size, {99}}));
  EXPECT_ERROR(shape_mismatch, "masks of different sizes: 2x2 and 2x3",
               iou({{2, 2}, {4}}, {{2, 3}, {6}}, false));
}

}  // namespace
}  // namespace fcclip::results
