#include "fcclip/ops/cuda/depthwise_norm_launch.h"

#include <limits>

#include <ATen/ATen.h>

#include "fcclip/core/round_up.h"
#include "fcclip/ops/cuda/kernels/depthwise_norm_job.h"

namespace fcclip::ops::cuda {
namespace {

constexpr int64_t kTileWarp = 32;

bool is_narrow(const at::Tensor& x) {
  return x.size(3) <= kDepthwiseNarrow.each * kDepthwiseNarrow.most_threads;
}

const DepthwiseNormShape& shape_for(const at::Tensor& x) {
  return is_narrow(x) ? kDepthwiseNarrow : kDepthwiseWide;
}

int64_t tiles_of(const at::Tensor& x) {
  return divide_up(x.size(2), kDepthwiseTileWidth) * divide_up(x.size(1), shape_for(x).rows);
}

DepthwiseNormType type_of(at::ScalarType type) {
  if (type == at::kHalf) return DepthwiseNormType::half;
  return type == at::kBFloat16 ? DepthwiseNormType::bfloat16 : DepthwiseNormType::float32;
}

const float* floats_or_null(const at::Tensor& x) {
  return x.defined() ? x.const_data_ptr<float>() : nullptr;
}

DepthwiseNormJob depthwise_norm_job(const at::Tensor& x, const DepthwiseNormWeights& weights) {
  DepthwiseNormJob job;
  job.x = x.const_data_ptr<float>();
  job.kernel = weights.kernel.const_data_ptr<float>();
  job.bias = weights.bias.const_data_ptr<float>();
  job.norm_weight = floats_or_null(weights.norm.weight);
  job.norm_bias = floats_or_null(weights.norm.bias);
  job.eps = static_cast<float>(weights.norm.eps);
  job.height = static_cast<int32_t>(x.size(1));
  job.width = static_cast<int32_t>(x.size(2));
  job.channels = static_cast<int32_t>(x.size(3));
  job.tiles_x = static_cast<int32_t>(divide_up(x.size(2), kDepthwiseTileWidth));
  job.tiles_y = static_cast<int32_t>(divide_up(x.size(1), shape_for(x).rows));
  return job;
}

}  // namespace

DepthwiseNormWeights pack_depthwise_norm(const at::Tensor& kernel, const at::Tensor& bias,
                                         const LayerNormWeights& norm) {
  const auto own = [](const at::Tensor& x) { return x.defined() ? x.detach().contiguous() : x; };
  return {kernel.detach().flatten(1).t().contiguous(),
          own(bias),
          {own(norm.weight), own(norm.bias), norm.eps}};
}

bool fits_depthwise_norm(const at::Tensor& x) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  // The last tile of a row, and the windows in it, reach behind the row's end.
  constexpr int64_t kBehind = kDepthwiseTileWidth + kDepthwiseWindow;
  return x.size(3) <= kDepthwiseMostChannels && (x.size(2) + kBehind) * x.size(3) <= kMost &&
         x.size(1) <= kMost - kBehind && x.size(0) * tiles_of(x) <= kMost;
}

at::Tensor launch_depthwise_norm(const at::Tensor& x, const DepthwiseNormWeights& weights,
                                 at::ScalarType type, const LaunchPlace& place) {
  const at::Tensor out = at::empty(x.sizes(), x.options().dtype(type));
  if (out.numel() == 0) return out;
  DepthwiseNormJob job = depthwise_norm_job(x, weights);
  job.out = out.data_ptr();
  job.type = type_of(type);
  const int64_t threads = round_up(divide_up(x.size(3), shape_for(x).each), kTileWarp);
  const auto blocks = static_cast<unsigned>(x.size(0) * tiles_of(x));
  launch(depthwise_norm_source(), is_narrow(x) ? "depthwise_norm_narrow" : "depthwise_norm_wide",
         {blocks, 1, static_cast<unsigned>(threads), 1}, place, &job);
  return out;
}

}  // namespace fcclip::ops::cuda
