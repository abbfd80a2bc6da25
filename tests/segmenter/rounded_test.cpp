// The bundled model with products in 16 bits by LibTorch's own operations: what a GPU runs, here on the
// processor.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/image/image_file.h"
#include "fcclip/model/clip.h"
#include "fcclip/model/model.h"
#include "fcclip/model/model_file.h"
#include "fcclip/ops/isa.h"
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

// How far maps are off, of their length. What is made of them says less of a single picture: of two masks
// that hardly differ the other one wins.
std::vector<double> distances(const clip::ClipFeatures& a, const clip::ClipFeatures& b) {
  std::vector<double> all;
  for (const auto map : {&clip::ClipFeatures::res2, &clip::ClipFeatures::res3,
                         &clip::ClipFeatures::res4, &clip::ClipFeatures::res5}) {
    all.push_back(((a.*map - b.*map).norm() / (b.*map).norm()).item<double>());
  }
  return all;
}

TEST(RoundedProducts, ExactPartsBringTheMapsNearer) {
  const at::Tensor rgb =
      image::read_rgb(test::source_folder() / "examples" / "pictures" / "scene.png");
  const at::Tensor pixels = ((rgb.to(at::kFloat) - 120) / 60).unsqueeze(0).contiguous();
  for (const ops::Implementation* one : ops::host_implementations()) {
    if (one->name != "aten" && one->name != ops::name(ops::chosen_isa())) continue;
    const ops::Forced forced(*one);
    if (!ops::lack_of_products(ops::Products::bfloat16, at::kCPU).empty()) continue;
    SCOPED_TRACE(std::string(one->name));
    const auto model =
        model::load_model(test::source_folder() / "models" / "mini.safetensors", at::kCPU);
    const auto maps_in = [&](const ops::Packing& packing) {
      model->clip->prepare(packing);
      return model->clip->image_tower->forward(pixels);
    };
    const clip::ClipFeatures exact = maps_in({});
    ops::Packing packing(ops::Products::bfloat16);
    const std::vector<double> usual = distances(maps_in(packing), exact);
    packing.exact_parts.clear();
    const std::vector<double> rough = distances(maps_in(packing), exact);
    for (size_t i = 0; i < usual.size(); ++i) EXPECT_LT(usual[i], 0.8 * rough[i]) << "res" << i + 2;
  }
}

// Rows of all words that the bundled model was trained on.
at::Tensor world_rows(ops::Products products) {
  const Segmenter segmenter = load(products);
  return segmenter.prepare(segmenter.config().training_vocabulary, {}, {"a photo of a {}."})
      .classifier.rows.cpu();
}

// [T, T]: of each word the others, nearest first.
at::Tensor neighbours(const at::Tensor& rows) {
  return rows.matmul(rows.t()).argsort(/*stable=*/true, 1, /*descending=*/true);
}

TEST(RoundedProducts, WordsKeepTheirRowsAndNeighbours) {
  const ops::Forced forced(*ops::host_implementations().front());  // "aten"
  const at::Tensor exact = world_rows(ops::Products::float32);
  ASSERT_GT(exact.size(0), 300);
  for (const auto& [products, tolerance] :
       {std::pair{ops::Products::bfloat16, 1e-4}, std::pair{ops::Products::float16, 2e-6}}) {
    SCOPED_TRACE(ops::name(products));
    const at::Tensor rows = world_rows(products);
    const double least = (rows * exact).sum(1).min().item<double>();
    EXPECT_LT(1 - least, tolerance);
    const at::Tensor nearest = neighbours(rows).select(1, 1);
    const double same =
        nearest.eq(neighbours(exact).select(1, 1)).to(at::kDouble).mean().item<double>();
    EXPECT_GT(same, 0.98);
  }
}

TEST(RoundedProducts, AProcessorsTextTowerStaysFloat32) {
  if (!ops::lack_of_products(ops::Products::bfloat16, at::kCPU).empty()) {
    GTEST_SKIP() << "no bfloat16 products here";
  }
  EXPECT_TRUE(world_rows(ops::Products::bfloat16).equal(world_rows(ops::Products::float32)));
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
