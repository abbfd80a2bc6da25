// The reference's mask_former mappers: against what they made (mappers.safetensors) and against naive code.

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/io/safetensors.h"
#include "fcclip/results/rle.h"
#include "fcclip/train/batch.h"
#include "fcclip/train/colour_jitter.h"
#include "fcclip/train/short_edge.h"
#include "tests/support/source_folder.h"

namespace fcclip::train {
namespace mappers_test {

using nlohmann::json;

class Recorded {
 public:
  Recorded() : file_(test::source_folder() / "tests/train/mappers.safetensors") {}
  json cases() const { return json::parse(file_.metadata().at("cases")); }
  at::Tensor tensor(const std::string& name) const { return file_.tensor(name); }

  // The picture as a data set of the kind gives it.
  data::Sample sample(const std::string& kind) const {
    const std::map<int64_t, int64_t> classes = {{1, 3}, {2, 7}, {3, 3}, {4, 9}, {5, 1}};
    data::Sample out;
    out.rgb = tensor("rgb").clone();
    if (kind == "semantic") {
      const at::Tensor labels = tensor("labels").to(at::kInt);
      out.ids = at::where(labels.eq(255), 0, labels + 1).to(at::kInt);
      for (const int64_t k : {1, 3, 7, 9}) out.segments.push_back({k + 1, k, false});
      return out;
    }
    out.ids = tensor("ids").clone();
    for (const auto& [id, k] : classes) out.segments.push_back({id, k, false});
    return out;
  }

  // [N, H, W] bool of rows packed eight pixels a byte.
  at::Tensor masks(const std::string& name, int64_t width) const {
    const at::Tensor packed = tensor(name + ".masks").to(at::kInt);
    const at::Tensor bits = at::tensor({128, 64, 32, 16, 8, 4, 2, 1}, at::kInt);
    return packed.unsqueeze(3).bitwise_and(bits).ne(0).flatten(2).narrow(2, 0, width);
  }

 private:
  io::SafetensorsFile file_;
};

ColourShift shift_of(const json& drawn) {
  ColourShift shift;
  if (drawn.contains("brightness")) shift.brightness = drawn["brightness"].get<double>();
  if (drawn.contains("contrast")) shift.contrast = drawn["contrast"].get<double>();
  if (drawn.contains("saturation")) shift.saturation = drawn["saturation"].get<double>();
  if (drawn.contains("hue")) shift.hue = drawn["hue"].get<int64_t>();
  shift.contrast_first = drawn["contrast_first"].get<bool>();
  return shift;
}

data::Sample view_of(const data::Sample& sample, const json& one) {
  const Nearest maps = one["kind"] == "semantic" ? Nearest::from_corners : Nearest::from_centres;
  data::Sample out = resized(sample, {one["size"][0], one["size"][1]}, maps);
  const json& box = one["crop"];
  out = cropped(out, {box[0], box[1], {box[2], box[3]}});
  out.rgb = shift_colours(out.rgb, shift_of(one["colours"]));
  if (one["flip"].get<bool>()) out = flipped(out);
  return padded(out, one["pad"].get<int64_t>());
}

// To the bit, but for what OpenCV's versions round another way: one value of 82,944, by one.
TEST(RecordedMappers, GiveThePictureMasksAndClassesOfTheReference) {
  const Recorded recorded;
  ASSERT_EQ(recorded.cases().size(), 12u);
  for (const json& one : recorded.cases()) {
    const std::string name = one["name"];
    const data::Sample out = view_of(recorded.sample(one["kind"]), one);
    const at::Tensor want = recorded.tensor(name + ".rgb");
    ASSERT_EQ(out.rgb.sizes(), want.sizes()) << name;
    const at::Tensor off = (out.rgb.to(at::kInt) - want.to(at::kInt)).abs();
    EXPECT_LE(off.max().item<int>(), 1) << name;
    EXPECT_LE(off.ne(0).to(at::kFloat).mean().item<double>(), 0.001) << name;
    const Targets targets = targets_of(out, one["kind"] == "semantic");
    EXPECT_EQ(std::vector<int64_t>(targets.labels.data_ptr<int64_t>(),
                                   targets.labels.data_ptr<int64_t>() + targets.labels.numel()),
              one["classes"].get<std::vector<int64_t>>())
        << name;
    EXPECT_TRUE(targets.masks.equal(recorded.masks(name, want.size(1)))) << name;
  }
}

TEST(RecordedMappers, WholeMasksOfCoveredSegmentsFollow) {
  const Recorded recorded;
  for (const json& one : recorded.cases()) {
    if (one["kind"] != "instance") continue;
    data::Sample sample = recorded.sample("instance");
    // The same truth with a segment that another covers wholly.
    sample.covered[5] = results::from_mask(sample.ids.eq(5));
    sample.ids.masked_fill_(sample.ids.eq(5), 1);
    const data::Sample out = view_of(sample, one);
    EXPECT_TRUE(results::to_mask(out.covered.at(5))
                    .to(at::kBool)
                    .equal(recorded.masks(one["name"], 48).select(0, 4)));
  }
}

AugmentOptions short_edge() {
  AugmentOptions options;
  options.mapper = Mapper::short_edge;
  options.short_edge.sides = {20, 30, 45};
  options.short_edge.max_side = 60;
  return options;
}

// Stripes of four classes, one pixel in ten of them void.
data::Sample stripes(int64_t height, int64_t width) {
  data::Sample sample;
  sample.ids = at::div(at::arange(width, at::kInt), 8, "floor")
                   .remainder(5)
                   .expand({height, width})
                   .contiguous();
  sample.rgb =
      (sample.ids * 40 + 10).to(at::kByte).unsqueeze(2).expand({height, width, 3}).contiguous();
  for (int64_t id = 1; id < 5; ++id) sample.segments.push_back({id, id, false});
  return sample;
}

TEST(ShortEdge, EverySideIsDrawnAndTheLongerOneIsLimited) {
  const AugmentOptions options = short_edge();
  std::set<std::pair<int64_t, int64_t>> sizes;
  for (uint64_t i = 0; i < 60; ++i) {
    Random random(1, i);
    const data::Sample out = augment(stripes(40, 80), options, random);
    EXPECT_EQ(out.ids.size(0), out.rgb.size(0));
    sizes.insert({out.rgb.size(0), out.rgb.size(1)});
  }
  // 45 would make the longer side 90: both shrink to 30 and 60.
  EXPECT_EQ(sizes, (std::set<std::pair<int64_t, int64_t>>{{20, 40}, {30, 60}}));
  AugmentOptions range = short_edge();
  range.short_edge.sampling = SideSampling::range;
  range.short_edge.sides = {10, 12};
  std::set<int64_t> sides;
  for (uint64_t i = 0; i < 60; ++i) {
    Random random(2, i);
    sides.insert(augment(stripes(40, 80), range, random).rgb.size(0));
  }
  EXPECT_EQ(sides, (std::set<int64_t>{10, 11, 12}));
}

TEST(ShortEdge, PiecesHaveTheSizesOfTheirKind) {
  const auto sizes = [](CropKind kind, std::vector<double> shape) {
    ShortEdgeOptions options;
    options.crop = kind;
    options.crop_size = std::move(shape);
    std::set<int64_t> heights, widths;
    for (uint64_t i = 0; i < 400; ++i) {
      Random random(3, i);
      const Size size = draw_crop_size(options, {40, 90}, random);
      heights.insert(size.height);
      widths.insert(size.width);
    }
    return std::array<int64_t, 4>{*heights.begin(), *heights.rbegin(), *widths.begin(),
                                  *widths.rbegin()};
  };
  using Limits = std::array<int64_t, 4>;
  EXPECT_EQ(sizes(CropKind::absolute, {50, 60}), (Limits{40, 40, 60, 60}));
  EXPECT_EQ(sizes(CropKind::absolute_range, {30, 50}), (Limits{30, 40, 30, 50}));
  EXPECT_EQ(sizes(CropKind::relative, {0.5, 0.25}), (Limits{20, 20, 23, 23}));
  EXPECT_EQ(sizes(CropKind::relative_range, {0.5, 0.9}), (Limits{20, 40, 81, 90}));
  EXPECT_EQ(sizes(CropKind::none, {0.5, 0.9}), (Limits{40, 40, 90, 90}));
}

// Class -> pixels of a piece, void left out.
std::map<int64_t, int64_t> naive_counts(const data::Sample& sample, const CropBox& box) {
  std::map<int64_t, int64_t> counts;
  const auto ids = sample.ids.accessor<int, 2>();
  for (int64_t y = box.top; y < box.top + box.size.height; ++y) {
    for (int64_t x = box.left; x < box.left + box.size.width; ++x) {
      if (ids[y][x] != 0) ++counts[ids[y][x]];
    }
  }
  return counts;
}

TEST(ShortEdge, APieceWithTooMuchOfOneClassIsTheLastOfTen) {
  const data::Sample sample = stripes(30, 120);
  ShortEdgeOptions options;
  options.crop = CropKind::absolute;
  options.crop_size = {10, 12};
  int64_t last_ones = 0, first_ones = 0;
  for (uint64_t i = 0; i < 200; ++i) {
    options.crop_max_share = 0.6;
    Random random(4, i), same(4, i);
    const CropBox box = draw_crop(sample, options, random);
    // The same draws, each judged naively.
    options.crop_max_share = 1;
    CropBox naive;
    int tried = 0;
    for (bool mixed = false; tried < 10 && !mixed; ++tried) {
      naive = draw_crop(sample, options, same);
      const auto counts = naive_counts(sample, naive);
      int64_t all = 0, most = 0;
      for (const auto& [k, count] : counts) {
        all += count;
        most = std::max(most, count);
      }
      mixed = counts.size() > 1 && static_cast<double>(most) < 0.6 * static_cast<double>(all);
    }
    first_ones += tried == 1;
    last_ones += tried == 10;
    EXPECT_EQ(box.top, naive.top) << i;
    EXPECT_EQ(box.left, naive.left) << i;
  }
  EXPECT_GT(first_ones, 20);
  EXPECT_LT(first_ones, 180);
  EXPECT_LT(last_ones, 40);
}

// Floats in C++'s own arithmetic, pixel by pixel.
TEST(ColourJitter, BrightnessAndContrastRoundDown) {
  const at::Tensor rgb =
      at::arange(256, at::kByte).view({16, 16, 1}).expand({16, 16, 3}).contiguous();
  for (const bool contrast_first : {true, false}) {
    ColourShift shift;
    shift.brightness = -7.3;
    shift.contrast = 1.37;
    shift.contrast_first = contrast_first;
    const at::Tensor out = shift_colours(rgb, shift);
    for (int v = 0; v < 256; ++v) {
      const float bright = std::clamp(static_cast<float>(v) * 1.0f + -7.3f, 0.0f, 255.0f);
      const float full = std::clamp(std::floor(bright) * 1.37f, 0.0f, 255.0f);
      EXPECT_EQ(out[v / 16][v % 16][1].item<int>(), static_cast<int>(full)) << v;
    }
  }
}

// Hue and saturation of a colour, from its definition.
TEST(ColourJitter, HueTurnsAndSaturationScales) {
  at::Tensor red = at::zeros({1, 1, 3}, at::kByte);
  red[0][0][0] = 200;
  ColourShift turn;
  turn.hue = 60;  // of 180: a third of the circle
  EXPECT_TRUE(shift_colours(red, turn).flatten().equal(at::tensor({0, 200, 0}, at::kByte)));
  turn.hue = -60;
  EXPECT_TRUE(shift_colours(red, turn).flatten().equal(at::tensor({0, 0, 200}, at::kByte)));
  ColourShift fade;
  fade.saturation = 0.5;
  const at::Tensor faded = shift_colours(red, fade).flatten().to(at::kInt);
  EXPECT_EQ(faded[0].item<int>(), 200);
  EXPECT_NEAR(faded[1].item<int>(), 100, 1);
  EXPECT_NEAR(faded[2].item<int>(), 100, 1);
}

TEST(ColourJitter, EveryStepIsDrawnHalfOfTheTimeWithinItsLimits) {
  int64_t bright = 0, contrast = 0, saturation = 0, hue = 0, first = 0;
  std::set<int64_t> hues;
  for (uint64_t i = 0; i < 2000; ++i) {
    Random random(5, i);
    const ColourShift shift = draw_colours(random);
    bright += shift.brightness.has_value();
    contrast += shift.contrast.has_value();
    saturation += shift.saturation.has_value();
    hue += shift.hue.has_value();
    first += shift.contrast_first;
    EXPECT_LE(std::abs(shift.brightness.value_or(0)), 32);
    EXPECT_GE(shift.contrast.value_or(1), 0.5);
    EXPECT_LE(shift.contrast.value_or(1), 1.5);
    if (shift.hue) hues.insert(*shift.hue);
  }
  for (const int64_t count : {bright, contrast, saturation, hue, first}) {
    EXPECT_NEAR(static_cast<double>(count), 1000, 120);
  }
  EXPECT_EQ(*hues.begin(), -18);
  EXPECT_EQ(*hues.rbegin(), 18);
}

TEST(Batch, PicturesOfDifferentSizesArePaddedAndThePaddingIsZeroForTheNetwork) {
  const Batch batch = make_batch({stripes(20, 40), stripes(30, 24)}, true, 32);
  EXPECT_EQ(batch.rgb.sizes(), (at::IntArrayRef{2, 32, 64, 3}));
  EXPECT_EQ(batch.targets[0].masks.sizes(), (at::IntArrayRef{4, 32, 64}));
  EXPECT_EQ(batch.targets[1].masks.sum().item<int64_t>(),
            stripes(30, 24).ids.ne(0).sum().item<int64_t>());
  at::Tensor pixels = at::ones({2, 32, 64, 3});
  clear_padding(batch, pixels);
  EXPECT_EQ(pixels[0].sum().item<int64_t>(), 20 * 40 * 3);
  EXPECT_EQ(pixels[1].sum().item<int64_t>(), 30 * 24 * 3);
  EXPECT_EQ(pixels[1][29][23][0].item<int>(), 1);
}

}  // namespace mappers_test
}  // namespace fcclip::train
