#include "fcclip/ops/deform_attention.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/deform_levels.h"

namespace fcclip::ops {

DeformLevels deform_levels(at::ArrayRef<Size> sizes) {
  if (sizes.empty() || static_cast<int64_t>(sizes.size()) > kMaxDeformLevels) {
    fail(ErrorCode::shape_mismatch, "deformable attention: expected 1 to ", kMaxDeformLevels,
         " levels, got ", sizes.size());
  }
  DeformLevels levels;
  for (const Size& size : sizes) {
    const int64_t i = levels.count++;
    levels.height[i] = size.height;
    levels.width[i] = size.width;
    if (i + 1 < kMaxDeformLevels) {
      levels.start[i + 1] = levels.start[i] + size.height * size.width;
    }
  }
  return levels;
}

int64_t deform_positions(at::ArrayRef<Size> sizes) {
  int64_t positions = 0;
  for (const Size& size : sizes) positions += size.height * size.width;
  return positions;
}

at::Tensor deform_attention_plain(const at::Tensor& value, at::ArrayRef<Size> levels,
                                  const at::Tensor& locations, const at::Tensor& weights) {
  const int64_t batch = value.size(0), heads = value.size(2), width = value.size(3);
  const int64_t queries = locations.size(1);
  const auto per_head = [&](const at::Tensor& x) { return x.transpose(1, 2).flatten(0, 1); };
  std::vector<at::Tensor> samples;
  int64_t start = 0;
  for (size_t level = 0; level < levels.size(); ++level) {
    const auto [h, w] = levels[level];
    const at::Tensor map = per_head(value.narrow(1, start, h * w))
                               .transpose(1, 2)
                               .reshape({batch * heads, width, h, w});
    const at::Tensor grid = 2 * per_head(locations.select(3, static_cast<int64_t>(level))) - 1;
    samples.push_back(at::grid_sampler(map, grid, 0, 0, false));  // bilinear, zeros outside
    start += h * w;
  }
  const at::Tensor weight = per_head(weights).reshape({batch * heads, 1, queries, -1});
  const at::Tensor sum = (at::cat(samples, -1) * weight).sum(-1);  // [B·M, D, Q]
  return sum.reshape({batch, heads * width, queries}).transpose(1, 2).contiguous();
}

at::Tensor deform_row_order(int64_t heads, int64_t levels, int64_t points) {
  const int64_t samples = levels * points;
  // Offsets come as [heads, samples, xy], logits as [heads, samples], after all the offsets.
  const at::Tensor offsets =
      at::arange(heads * samples * 2).view({heads, samples, 2}).permute({2, 1, 0});
  const at::Tensor logits =
      (at::arange(heads * samples) + heads * samples * 2).view({1, heads, samples}).transpose(1, 2);
  return at::cat({offsets, logits}).flatten().contiguous();
}

bool deform_tokens_supported(at::ArrayRef<Size> levels, int64_t points) {
  constexpr int64_t kExactInFloat = int64_t{1} << 24;
  const int64_t count = static_cast<int64_t>(levels.size());
  return count > 0 && count <= kMaxDeformLevels && count * points <= kMaxDeformPoints &&
         deform_positions(levels) < kExactInFloat;
}

void deform_attention_tokens(const DeformTokensShape& shape, const at::Tensor& value,
                             const at::Tensor& raw, int64_t begin, const at::Tensor& out) {
  if (!deform_tokens_supported(shape.levels, shape.points)) {
    fail(ErrorCode::shape_mismatch, "deformable attention: ", shape.levels.size(), " levels of ",
         shape.points, " points are more than its fused kernel can do; use deform_attention");
  }
  const int64_t channels = value.size(-1), rows = out.size(0),
                positions = deform_positions(shape.levels);
  const int64_t samples = static_cast<int64_t>(shape.levels.size()) * shape.points;
  check_shape("deformable attention: value", value, {positions, channels});
  check_shape("deformable attention: raw", raw, {rows, 3 * samples * shape.heads});
  check_shape("deformable attention: out", out, {rows, channels});
  if (channels % shape.heads != 0 || begin < 0 || begin + rows > positions) {
    fail(ErrorCode::shape_mismatch, "deformable attention: ", channels, " channels in ",
         shape.heads, " heads, rows ", begin, " to ", begin + rows, " of ", positions);
  }
  for (const at::Tensor& tensor : {value, raw, out}) {
    check_dtype("deformable attention", tensor, at::kFloat);
    TORCH_INTERNAL_ASSERT_DEBUG_ONLY(tensor.is_contiguous());
  }
  DeformTokens job;
  job.value = value.const_data_ptr<float>();
  // The kernel counts rows from the image's first token.
  job.raw = raw.const_data_ptr<float>() - begin * raw.size(1);
  job.out = out.data_ptr<float>() - begin * channels;
  job.heads = shape.heads;
  job.head_dim = channels / shape.heads;
  job.points = shape.points;
  job.levels = deform_levels(shape.levels);
  kernels(shape.isa).deform_tokens(job, begin, begin + rows);
}

}  // namespace fcclip::ops
