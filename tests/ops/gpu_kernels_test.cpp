// The GPU's kernels where there is none: launched through the driver's interface of tests/fake_cuda,
// which runs their text on the processor (ctest's ops.fake_cuda, which sets FCCLIP_FAKE_CUDA).

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/ops/cuda/deform_launch.h"
#include "fcclip/ops/deform_attention.h"
#include "tests/ops/fake_driver.h"

namespace fcclip::ops {
namespace gpu_kernels_test {

struct Case {
  std::vector<Size> levels = {{5, 7}, {3, 2}};
  int64_t batch = 2, queries = 9, heads = 3, head_dim = 6, points = 4;
};

struct Tensors {
  at::Tensor value, locations, weights;
};

Tensors random_tensors(const Case& c, at::ScalarType type) {
  at::manual_seed(1);
  int64_t positions = 0;
  for (const Size& size : c.levels) positions += size.height * size.width;
  const at::TensorOptions options(type);
  const auto levels = static_cast<int64_t>(c.levels.size());
  return {at::randn({c.batch, positions, c.heads, c.head_dim}, options),
          at::rand({c.batch, c.queries, c.heads, levels, c.points, 2}, options) * 1.4 - 0.2,
          at::rand({c.batch, c.queries, c.heads, levels, c.points}, options)};
}

at::Tensor launched(const Case& c, const Tensors& t) {
  const at::Tensor out = at::full({c.batch, c.queries, c.heads * c.head_dim}, 7, t.value.options());
  cuda::launch_deform_forward({t.value, t.locations, t.weights, c.levels}, out, {});
  return out;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

class GpuKernels : public ::testing::TestWithParam<Case> {};

TEST_P(GpuKernels, ForwardEqualsTheDefinition) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Case& c = GetParam();
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const Tensors t = random_tensors(c, type);
    const at::Tensor want = deform_attention_plain(t.value, c.levels, t.locations, t.weights);
    EXPECT_LT(difference(launched(c, t), want), type == at::kFloat ? 1e-5 : 1e-12);
  }
}

// Sums are float32's: only the value's and the result's rounding differ.
TEST_P(GpuKernels, SixteenBitsAreRoundedOnceEachWay) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Case& c = GetParam();
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    Tensors t = random_tensors(c, at::kFloat);
    t.value = t.value.to(type);
    const at::Tensor want =
        deform_attention_plain(t.value.to(at::kFloat), c.levels, t.locations, t.weights);
    const double scale = want.abs().max().item<double>();
    const at::Tensor got = launched(c, t);
    EXPECT_EQ(got.scalar_type(), type);
    EXPECT_LT(difference(got, want), scale * (type == at::kHalf ? 0x1p-10 : 0x1p-7));
    // At most a last digit apart from the rounded sum, where two sums straddle a rounding edge.
    EXPECT_GT(got.eq(want.to(type)).to(at::kFloat).mean().item<double>(), 0.98);
  }
}

TEST_P(GpuKernels, BackwardEqualsTheProcessors) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Case& c = GetParam();
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const Tensors t = random_tensors(c, type);
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& x : {t.value, t.locations, t.weights}) {
      leaves.push_back(x.clone().requires_grad_());
    }
    const at::Tensor grad =
        at::randn({c.batch, c.queries, c.heads * c.head_dim}, t.value.options());
    (deform_attention(leaves[0], c.levels, leaves[1], leaves[2]) * grad).sum().backward();
    const DeformGradients got = {at::zeros_like(t.value), at::full_like(t.locations, 7),
                                 at::full_like(t.weights, 7)};
    cuda::launch_deform_backward({t.value, t.locations, t.weights, c.levels}, grad, got, {});
    const double bound = type == at::kFloat ? 2e-4 : 1e-11;
    EXPECT_LT(difference(got.value, leaves[0].grad()), bound);
    EXPECT_LT(difference(got.locations, leaves[1].grad()), bound);
    EXPECT_LT(difference(got.weights, leaves[2].grad()), bound);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, GpuKernels,
    ::testing::Values(Case{}, Case{{{4, 5}, {8, 10}, {16, 20}}, 1, 40, 8, 32, 4},  // the model's
                      Case{{{3, 3}}, 1, 5, 2, 1, 1}, Case{{{2, 9}, {6, 1}}, 3, 3, 1, 70, 9},
                      Case{{{4, 4}}, 1, 3, 1, 200, 33}, Case{{{1, 1}}, 2, 1, 1, 256, 2}));

TEST(GpuKernels, PlacesOutsideOrNotANumberReadNothing) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const Case c;
  Tensors t = random_tensors(c, at::kFloat);
  t.locations.fill_(1e30);
  t.locations.select(-1, 0).fill_(std::numeric_limits<float>::quiet_NaN());
  const at::Tensor out = launched(c, t);
  EXPECT_TRUE(out.equal(at::zeros_like(out)));
}

TEST(GpuKernels, AViewThatBeginsAnywhereInMemoryIsRead) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  Case c;
  c.head_dim = 32;
  Tensors t = random_tensors(c, at::kFloat);
  const at::Tensor want = launched(c, t);
  const at::Tensor memory = at::empty({t.value.numel() + 1});
  t.value = memory.narrow(0, 1, t.value.numel()).view_as(t.value).copy_(t.value);
  EXPECT_TRUE(launched(c, t).equal(want));
}

TEST(GpuKernels, NoQueriesOrImagesAreNoLaunch) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  for (const auto& [batch, queries] : {std::pair<int64_t, int64_t>{0, 3}, {2, 0}}) {
    Case c;
    c.batch = batch;
    c.queries = queries;
    EXPECT_EQ(launched(c, random_tensors(c, at::kFloat)).numel(), 0);
  }
}

// Every value of 16 bits there and back, and all sums' roundings, as LibTorch does them.
TEST(GpuKernels, EveryHalfAndBfloat16KeepsItsValue) {
  FCCLIP_NEEDS_FAKE_DRIVER();
  const at::Tensor bits = at::arange(-32768, 32768, at::kInt).to(at::kShort);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    Case c;
    c.levels = {{1, 1}};
    c.batch = c.queries = c.heads = c.points = 1;
    c.head_dim = 65536;
    for (const double weight : {1.0, 1.0 / 3, 3.0, 1e-3, 1e-6}) {
      const at::Tensor value = bits.view(type).view({1, 1, 1, -1});
      const Tensors t = {value, at::full({1, 1, 1, 1, 1, 2}, 0.5),
                         at::full({1, 1, 1, 1, 1}, weight)};
      const at::Tensor want = (value.to(at::kFloat) * static_cast<float>(weight)).to(type);
      const at::Tensor got = launched(c, t).view({1, 1, 1, -1});
      EXPECT_TRUE(at::where(want.isnan(), got.isnan(), got.eq(want)).all().item<bool>()) << weight;
    }
  }
}

}  // namespace gpu_kernels_test
}  // namespace fcclip::ops
