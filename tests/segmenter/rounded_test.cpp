// The bundled model with products in 16 bits by LibTorch's own operations: what a GPU runs, here on the
// processor.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/image/image_file.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/ops/every_implementation.h"
#include "tests/support/cuda.h"
#include "tests/support/errors.h"
#include "tests/support/source_folder.h"

namespace fcclip::segmenter {
namespace rounded_test {

Segmenter load(ops::Products products, const std::string& device = "cpu") {
  SegmenterOptions options;
  options.device = device;
  options.use_text_cache = false;
  options.products = products;
  return Segmenter::load(test::source_folder() / "models" / "mini.safetensors", options);
}

struct Answer {
  at::Tensor mask_logits;
  results::Segmentation found;
};

Answer answer(ops::Products products, const std::string& device = "cpu") {
  const Segmenter segmenter = load(products, device);
  const EncodedImage image = segmenter.encode(
      image::read_rgb(test::source_folder() / "examples" / "pictures" / "scene.png"));
  const auto words = classify::parse_classes("bat, backpack, christmas tree, ladybug, sailboat");
  return {image.mask_logits.cpu(),
          segmenter.ask(image, segmenter.prepare(words), segmenter.ask_defaults())};
}

// The same segments, nearly where they were.
void expect_alike(const Answer& rounded, const Answer& exact) {
  EXPECT_EQ(rounded.mask_logits.scalar_type(), at::kFloat);
  EXPECT_FALSE(rounded.mask_logits.equal(exact.mask_logits));
  const std::vector<results::Segment>&got = rounded.found.segments(),
        &want = exact.found.segments();
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(got[i].name, want[i].name);
    EXPECT_NEAR(got[i].score, want[i].score, 0.06);
  }
  const at::Tensor same = rounded.found.panoptic().ids.eq(exact.found.panoptic().ids);
  EXPECT_GT(same.to(at::kDouble).mean().item<double>(), 0.99);
}

TEST(RoundedProducts, FindWhatExactOnesFind) {
  const ops::Forced forced(*ops::host_implementations().front());  // "aten"
  const Answer exact = answer(ops::Products::float32);
  ASSERT_GT(exact.found.segments().size(), 3u);
  for (const ops::Products products : {ops::Products::bfloat16, ops::Products::float16}) {
    SCOPED_TRACE(ops::name(products));
    expect_alike(answer(products), exact);
  }
}

TEST(CudaRoundedProducts, FindWhatTheProcessorFinds) {
  FCCLIP_NEEDS_CUDA();
  const Answer exact = answer(ops::Products::float32);
  for (const ops::Products products : ops::kAllProducts) {
    if (!ops::lack_of_products(products, at::Device(at::kCUDA, 0)).empty()) continue;
    SCOPED_TRACE(ops::name(products));
    expect_alike(answer(products, "cuda"), exact);
  }
}

TEST(RoundedProducts, WhatAProcessorCannotDoIsRefusedBeforeTheFileIsRead) {
  for (const ops::Products products : {ops::Products::tf32, ops::Products::float16}) {
    EXPECT_ERROR(unsupported, "is for NVIDIA GPUs", load(products));
  }
}

}  // namespace rounded_test
}  // namespace fcclip::segmenter
