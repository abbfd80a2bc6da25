#include "fcclip/image/wide_samples.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip::image {
namespace {

WideSamples sixteen(const at::Tensor& values) {
  WideSamples samples;
  samples.values = values.to(at::kUInt16);
  samples.kind = "16-bit";
  return samples;
}

struct Told {
  std::vector<std::string> messages;
  ReadOptions options() {
    ReadOptions read;
    read.log = [this](LogLevel, const std::string& message) { messages.push_back(message); };
    return read;
  }
};

TEST(WideSamples, FullRangeLosesItsLowerByteAndNothingElse) {
  const at::Tensor values = at::arange(65536, at::kInt).view({256, 256, 1});
  Told told;
  const at::Tensor bytes = to_8_bits(sixteen(values), told.options(), "a.png");
  EXPECT_TRUE(bytes.to(at::kInt).equal(values.div(256, "floor")));
  EXPECT_TRUE(told.messages.empty());
}

// A night: nearly everything dark, a lamp that uses the range.
TEST(WideSamples, APictureWithAFewBrightPartsIsNotStretched) {
  at::Tensor values = at::full({100, 100, 1}, 900, at::kInt);
  values.slice(0, 0, 5).slice(1, 0, 10).fill_(60000);
  const at::Tensor bytes = to_8_bits(sixteen(values), {}, "a.png");
  EXPECT_EQ(bytes.min().item<int>(), 3);
}

// A hot pixel of a 12-bit camera is no use of the range.
TEST(WideSamples, AHotPixelDoesNotKeepAPictureDark) {
  at::Tensor values = at::arange(10000, at::kInt).remainder(4000).view({100, 100, 1});
  values[50][50][0] = 65535;
  Told told;
  const at::Tensor bytes = to_8_bits(sixteen(values), told.options(), "a.png");
  EXPECT_GT(bytes.to(at::kFloat).mean().item<float>(), 100);
  ASSERT_EQ(told.messages.size(), 1u);
  EXPECT_EQ(told.messages[0].find("a.png: 16-bit samples"), 0u);
}

TEST(WideSamples, AFlatPictureIsRead) {
  EXPECT_EQ(to_8_bits(sixteen(at::full({4, 4, 3}, 7, at::kInt)), {}, "a.png").numel(), 48);
  EXPECT_EQ(to_8_bits(sixteen(at::zeros({4, 4, 3}, at::kInt)), {}, "a.png").max().item<int>(), 0);
}

TEST(ValueRange, IsParsed) {
  EXPECT_EQ(parse_value_range("auto").kind, ValueRange::Kind::automatic);
  EXPECT_EQ(parse_value_range("full").kind, ValueRange::Kind::full);
  const ValueRange range = parse_value_range("-1.5:3e3");
  EXPECT_EQ(range.low, -1.5);
  EXPECT_EQ(range.high, 3000);
  for (const char* wrong : {"", ":", "1", "3:1", "1:1", "a:b", "0:nan", "0:inf", "1:2x", "AUTO"}) {
    EXPECT_ERROR(invalid_argument,
                 "expected auto, full or LOW:HIGH, two numbers, the second larger",
                 parse_value_range(wrong))
        << wrong;
  }
}

TEST(Bands, AreParsed) {
  EXPECT_EQ(parse_bands("4,3,2"), (std::vector<int>{4, 3, 2}));
  EXPECT_EQ(parse_bands("5"), (std::vector<int>{5}));
  for (const char* wrong : {"", "0", "1,2", "1,2,3,4", "a", "1,,2", "-1", "1,2,"}) {
    EXPECT_ERROR(invalid_argument,
                 "expected one number (grey) or three (red, green, blue), counted",
                 parse_bands(wrong))
        << wrong;
  }
}

}  // namespace
}  // namespace fcclip::image
