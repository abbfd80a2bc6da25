#pragma once
// Multi-scale deformable attention (model section 4; "Deformable DETR", equation 3).

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/ops/isa.h"

namespace fcclip::ops {

/// Weighted sum of bilinear samples of every level's map; outside of a map is zero.
///   value      [B, S, M, D]        the levels' maps one after another, S = sum of their positions;
///                                  M heads
///   levels     L sizes             at most 8
///   locations  [B, Q, M, L, P, 2]  x, y; 0 and 1 are a map's borders; P points
///   weights    [B, Q, M, L, P]
///   returns    [B, Q, M·D]
/// float32 or float64, all of one type and device. Gradient: to value, locations and weights.
/// Throws Error{shape_mismatch}. On the CPU, and on CUDA where the build has kernels for it, an
/// operation of its own; elsewhere deform_attention_plain.
at::Tensor deform_attention(const at::Tensor& value, at::ArrayRef<Size> levels,
                            const at::Tensor& locations, const at::Tensor& weights);

/// The same by differentiable ATen operations on any device; value [B, S, M, D] as above.
at::Tensor deform_attention_plain(const at::Tensor& value, at::ArrayRef<Size> levels,
                                  const at::Tensor& locations, const at::Tensor& weights);

/// Row order for deform_attention_tokens: of the rows of the two projections of the reference
/// stacked (`sampling_offsets` [heads · levels · points · 2, C] above `attention_weights` [heads · levels ·
/// points, C]), which one becomes each row of [3, levels, points, heads].
///   returns  int64 [3 · levels · points · heads]
at::Tensor deform_row_order(int64_t heads, int64_t levels, int64_t points);

/// What deform_attention_tokens can do: levels, points and positions within the kernel's limits.
bool deform_tokens_supported(at::ArrayRef<Size> levels, int64_t points);

/// How deform_attention_tokens splits channels and looks around.
struct DeformTokensShape {
  at::ArrayRef<Size> levels;
  int64_t heads = 0, points = 0;
  Isa isa = chosen_isa();
};

/// Self-attention of one image's tokens at inference, each looking around its own position, with
/// the softmax over levels and points: rows [begin, end) of `out`. Starts no threads.
///   value  [S, M·D]                float32, contiguous, CPU; so are raw and out
///   raw    [end − begin, 3·L·P·M]  x offsets, y offsets (in positions of the level), logits; see
///                                  deform_row_order
///   out    [end − begin, M·D]
/// Throws Error{shape_mismatch}.
void deform_attention_tokens(const DeformTokensShape& shape, const at::Tensor& value,
                             const at::Tensor& raw, int64_t begin, const at::Tensor& out);

}  // namespace fcclip::ops
