#include "fcclip/ops/cpu/deform_tokens.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/deform_levels.h"

namespace fcclip::ops::cpu {

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

}  // namespace fcclip::ops::cpu
