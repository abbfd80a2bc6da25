#pragma once
// Losses look at masks in a few thousand points instead of every pixel (PointRend's sampling).

#include <functional>

#include <ATen/core/Tensor.h>

namespace fcclip::train {

/// Bilinear values of maps at points, zeros outside, pixel centres at (i + 0.5) / size.
///   maps     [N, H, W]     float
///   points   [N, P, 2]     x, y in [0, 1]
///   returns  [N, P]
/// Gradient: to maps. Throws Error{shape_mismatch}.
at::Tensor sample_points(const at::Tensor& maps, const at::Tensor& points);

/// A picture's points in all its channels: maps [B, C, H, W], points [B, P, 2] -> [B, C, P].
at::Tensor sample_channels(const at::Tensor& maps, const at::Tensor& points);

/// How many points, and how many are drawn to choose from.
struct PointOptions {
  int64_t points = 12544;
  double oversample_ratio = 3;
  double importance_ratio = 0.75;  ///< share of points taken where the mask is least sure
};

/// Uniform random numbers in [0, 1), [rows, count, 2]. A function, so that tests can hand in
/// recorded draws.
using DrawPoints = std::function<at::Tensor(int64_t rows, int64_t count)>;

/// Of oversample_ratio × points random ones the points · importance_ratio with the smallest
/// |logit| (in no order), then fresh random ones. Draws twice, in this order.
///   mask_logits [T, H, W];  returns [T, points, 2]; no gradient
at::Tensor uncertain_points(const at::Tensor& mask_logits, const PointOptions& options,
                            const DrawPoints& draw);

}  // namespace fcclip::train
