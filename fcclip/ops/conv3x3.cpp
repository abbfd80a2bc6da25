#include "fcclip/ops/conv3x3.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops {
namespace {

constexpr int64_t kPlanes = kWinogradIn * kWinogradIn;
// 96 tiles of 256 channels: both workspaces together are 7 MB, in the last-level cache, and the
// products are long enough for full speed.
constexpr int64_t kBlockTiles = 96;

// G of the Cook-Toom construction for the points of kernels/winograd.cpp: row i has the powers of
// its point over the product of its differences to the others; the last row is the point at
// infinity.
at::Tensor weight_transform() {
  const double s = std::sqrt(0.5);
  const double points[5] = {0, s, -s, 2 * s, -2 * s};
  at::Tensor g = at::zeros({kWinogradIn, 3}, at::kDouble);
  double* row = g.data_ptr<double>();
  for (int i = 0; i < 5; ++i, row += 3) {
    double scale = 1;
    for (int j = 0; j < 5; ++j) {
      if (j != i) scale *= points[i] - points[j];
    }
    for (int k = 0; k < 3; ++k) row[k] = std::pow(points[i], k) / scale;
  }
  row[2] = 1;
  return g;
}

// The first `count` tiles' planes of a workspace, contiguous, as the batched product wants them.
at::Tensor planes(const at::Tensor& workspace, int64_t count, int64_t channels) {
  return workspace.narrow(0, 0, kPlanes * count * channels).view({kPlanes, count, channels});
}

}  // namespace

at::Tensor pack_conv3x3(const at::Tensor& weight) {
  check_shape("3x3 convolution: weight", weight, {kAny, kAny, 3, 3});
  const at::Tensor g = weight_transform().to(weight.device());
  // [out, in, 3, 3] -> G w Gᵀ [out, in, 6, 6] -> [6, 6, in, out]
  const at::Tensor w = at::matmul(at::matmul(g, weight.detach().to(at::kDouble)), g.t());
  return w.permute({2, 3, 1, 0}).flatten(0, 1).to(at::kFloat).contiguous();
}

at::Tensor conv3x3(const at::Tensor& x, const at::Tensor& packed, Isa isa) {
  check_shape("3x3 convolution: packed weight", packed, {kPlanes, kAny, kAny});
  check_shape("3x3 convolution: x", x, {kAny, kAny, packed.size(1)});
  check_dtype("3x3 convolution: x", x, at::kFloat);
  if (!x.is_contiguous() || !x.is_cpu()) {
    fail(ErrorCode::shape_mismatch, "3x3 convolution: expected a contiguous map on the CPU");
  }
  const int64_t height = x.size(0), width = x.size(1), in = packed.size(1), out = packed.size(2);
  at::Tensor y = at::empty({height, width, out}, x.options());
  const int64_t tiles =
      ((height + kWinogradOut - 1) / kWinogradOut) * ((width + kWinogradOut - 1) / kWinogradOut);
  const int64_t blocks = (tiles + kBlockTiles - 1) / kBlockTiles;
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode guard;  // thread-local: the workers do not inherit the caller's
    const at::Tensor before = at::empty({kPlanes * kBlockTiles * in}, x.options());
    const at::Tensor after = at::empty({kPlanes * kBlockTiles * out}, x.options());
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * kBlockTiles, count = std::min(kBlockTiles, tiles - first);
      at::Tensor transformed = planes(before, count, in), product = planes(after, count, out);
      WinogradTiles job;
      job.map_in = x.const_data_ptr<float>();
      job.map_out = y.data_ptr<float>();
      job.planes = transformed.data_ptr<float>();
      job.height = height, job.width = width, job.channels = in, job.tiles = count;
      kernels(isa).winograd_in(job, first, first + count);
      at::bmm_out(product, transformed, packed);
      job.planes = product.data_ptr<float>();
      job.channels = out;
      kernels(isa).winograd_out(job, first, first + count);
    }
  });
  return y;
}

}  // namespace fcclip::ops
