#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cpu/packed_matrix.h"

namespace fcclip::ops::cpu {
namespace {

constexpr int64_t kPlanes = kWinogradIn * kWinogradIn;
// 96 tiles of 256 channels: both workspaces together are 7 MB, in the last-level cache, and the
// products are long enough for full speed.
constexpr int64_t kBlockTiles = 96;
// Between planes, so that their rows do not fall into one set of the first-level cache.
constexpr int64_t kPlaneGap = 16;

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

int64_t tiles_along(int64_t extent) {
  return divide_up(extent, kWinogradOut);
}

class WinogradConv {
 public:
  explicit WinogradConv(const at::Tensor& weight) {
    const at::Tensor g = weight_transform();
    // [out, in, 3, 3] -> G w Gᵀ [out, in, 6, 6] -> [36, out, in]
    const at::Tensor w = at::matmul(at::matmul(g, weight.detach().to(at::kDouble)), g.t());
    const at::Tensor planes = w.permute({2, 3, 0, 1}).flatten(0, 1).to(at::kFloat).contiguous();
    for (int64_t i = 0; i < kPlanes; ++i) planes_.emplace_back(planes[i]);
  }
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  void run_block(const at::Tensor& x, const at::Tensor& y, int64_t first, float* workspace) const;

  std::vector<PackedMatrix> planes_;  // 36 of [out, in]
};

// Tiles from `first`: into the workspace, through the products, to y.
void WinogradConv::run_block(const at::Tensor& x, const at::Tensor& y, int64_t first,
                             float* workspace) const {
  const int64_t in = planes_[0].k(), out = planes_[0].n();
  const int64_t count =
      std::min(kBlockTiles, tiles_along(x.size(0)) * tiles_along(x.size(1)) - first);
  WinogradTiles job;
  job.map_in = x.const_data_ptr<float>();
  job.map_out = y.data_ptr<float>();
  job.height = x.size(0), job.width = x.size(1);
  job.channels = in;
  job.planes = workspace;
  job.plane = kBlockTiles * in + kPlaneGap;
  const Isa isa = planes_[0].isa();
  kernels(isa).winograd_in(job, first, first + count);
  const int64_t out_plane = kBlockTiles * out + kPlaneGap;
  float* products = workspace + kPlanes * job.plane;
  for (int64_t i = 0; i < kPlanes; ++i) {
    GemmJob product = planes_[static_cast<size_t>(i)].job();
    product.a = workspace + i * job.plane;
    product.lda = in;
    product.c = products + i * out_plane;
    product.ldc = out;
    product.rows = count;
    planes_[static_cast<size_t>(i)].multiply(product);
  }
  job.channels = out;
  job.planes = products;
  job.plane = out_plane;
  kernels(isa).winograd_out(job, first, first + count);
}

at::Tensor WinogradConv::operator()(const at::Tensor& x) const {
  const int64_t in = planes_[0].k(), out = planes_[0].n();
  const at::Tensor y = at::empty({x.size(0), x.size(1), out}, x.options());
  const int64_t tiles = tiles_along(x.size(0)) * tiles_along(x.size(1));
  const int64_t blocks = divide_up(tiles, kBlockTiles);
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor workspace =
        at::empty({kPlanes * (kBlockTiles * (in + out) + 2 * kPlaneGap)}, x.options());
    for (int64_t block = begin; block < end; ++block) {
      run_block(x, y, block * kBlockTiles, workspace.data_ptr<float>());
    }
  });
  return y;
}

}  // namespace

RunConv3x3 pack_conv3x3(const at::Tensor& weight) {
  return WinogradConv(weight);
}

}  // namespace fcclip::ops::cpu
