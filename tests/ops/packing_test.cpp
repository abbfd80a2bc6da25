#include "fcclip/ops/packing.h"

#include <stdexcept>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace fcclip::ops {
namespace {

TEST(Packing, PartsStayExact) {
  const Packing bfloat16(Products::bfloat16), int8(Products::int8), float16(Products::float16);
  for (const char* part : {"stem", "depthwise"}) {
    EXPECT_EQ(bfloat16.of(part).products, Products::float32) << part;
    EXPECT_EQ(float16.of(part).products, Products::float16) << part;
  }
  for (const char* part : {"downsample2", "stage0", "stage3", "encoder", "pyramid"}) {
    EXPECT_EQ(bfloat16.of(part).products, Products::bfloat16) << part;
  }
  EXPECT_EQ(int8.of("stem").products, Products::float32);
  EXPECT_EQ(int8.of("downsample1").products, Products::int8);
  Packing all(Products::bfloat16);
  all.exact_parts.clear();
  EXPECT_EQ(all.of("stem").products, Products::bfloat16);
  EXPECT_EQ(Packing().of("stage0").products, Products::float32);
}

struct Packed {
  Packing packing;
};

std::function<int64_t()> pack_it(const Packed&) {
  throw std::runtime_error("packed");
}

// "meta" stands for a device other than the processor.
TEST(Packing, OnlyAProcessorsWeightsWait) {
  Packed block;
  block.packing.at_first_use = true;
  const at::Tensor here = at::empty({2}), elsewhere = at::empty({2}, at::kMeta);
  EXPECT_NO_THROW(run_packed(pack_it, block, {here}));
  EXPECT_THROW(run_packed(pack_it, block, {elsewhere}), std::runtime_error);
}

}  // namespace
}  // namespace fcclip::ops
