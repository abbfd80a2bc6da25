#include "fcclip/ops/resize.h"

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::ops {
namespace {

using test::near;

class RecordedResize : public ::testing::TestWithParam<Size> {};

TEST_P(RecordedResize, EqualsTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const std::string file = "ops/resampling.safetensors";
  const Size size = GetParam();
  const at::Tensor x = test::golden(file, "bilinear.x");
  const at::Tensor want = test::golden(
      file, "bilinear." + std::to_string(size.height) + "x" + std::to_string(size.width));
  EXPECT_TRUE(near(resize_planes(x, size), want, 1e-6));
  const at::Tensor map = resize_map(x.permute({0, 2, 3, 1}).contiguous(), size);
  EXPECT_TRUE(map.is_contiguous());
  EXPECT_TRUE(near(map.permute({0, 3, 1, 2}), want, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Sizes, RecordedResize,
                         ::testing::Values(Size{13, 17}, Size{1, 1}, Size{26, 34}, Size{3, 40},
                                           Size{50, 9}, Size{52, 68}, Size{7, 5}));

TEST(Resize, CommutesWithProductsOverChannels) {
  const at::Generator generator = at::detail::createCPUGenerator(1);
  const at::Tensor map = at::randn({1, 24, 16, 8}, generator, at::kFloat);
  const at::Tensor weight = at::randn({1, 5, 8}, generator, at::kFloat);
  const auto product = [&](const at::Tensor& x) {
    return at::bmm(weight, x.flatten(1, 2).transpose(1, 2)).view({1, 5, x.size(1), x.size(2)});
  };
  const Size size{6, 5};
  EXPECT_TRUE(near(product(resize_map(map, size)), resize_planes(product(map), size), 1e-6));
}

TEST(Resize, GradientsFlow) {
  const at::Tensor map = at::ones({1, 4, 4, 2}).requires_grad_(true);
  resize_map(map, {2, 2}).sum().backward();
  EXPECT_TRUE(near(map.grad(), at::full({1, 4, 4, 2}, 0.25f), 1e-6));
}

TEST(Resize, AnotherNumberOfAxesIsAnError) {
  EXPECT_ERROR(shape_mismatch, "resize_map: map: expected shape [*, *, *, *]",
               resize_map(at::zeros({4, 4, 2}), {2, 2}));
}

}  // namespace
}  // namespace fcclip::ops
