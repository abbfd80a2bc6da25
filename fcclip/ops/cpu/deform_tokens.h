#pragma once
// The sampling of ops/deform_encoder.h on the processor, with the softmax over levels and points.

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/ops/isa.h"

namespace fcclip::ops::cpu {

/// Row order for deform_attention_tokens: of the rows of the two projections of the reference stacked
/// (`sampling_offsets` [heads · levels · points · 2, C] above `attention_weights`
/// [heads · levels · points, C]), which one becomes each row of [3, levels, points, heads].
///   returns  int64 [3 · levels · points · heads]
at::Tensor deform_row_order(int64_t heads, int64_t levels, int64_t points);

/// What deform_attention_tokens can do: levels, points and positions within the kernel's limits.
bool deform_tokens_supported(at::ArrayRef<Size> levels, int64_t points);

struct DeformTokensShape {
  at::ArrayRef<Size> levels;
  int64_t heads = 0, points = 0;
  Isa isa = chosen_isa();
};
/// Self-attention of one image's tokens, each looking around its own position: rows [begin, end) of
/// the image. Starts no threads.
///   value  [S, M·D]                float32, contiguous; so are raw and out
///   raw    [end − begin, 3·L·P·M]  x offsets, y offsets (in positions of the level), logits; see
///                                  deform_row_order
///   out    [end − begin, M·D]
/// Throws Error{shape_mismatch}.
void deform_attention_tokens(const DeformTokensShape& shape, const at::Tensor& value,
                             const at::Tensor& raw, int64_t begin, const at::Tensor& out);

}  // namespace fcclip::ops::cpu
