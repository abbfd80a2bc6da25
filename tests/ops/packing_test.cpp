#include "fcclip/ops/packing.h"

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

}  // namespace
}  // namespace fcclip::ops
