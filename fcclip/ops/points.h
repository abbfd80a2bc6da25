#pragma once
// Points in the unit square at which losses look at masks.

#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// [states, count, 2] float32 uniform in [0, 1), on `device`: point k of a row takes number k of the
/// splitmix64 sequence behind its state, 24 bits for x and for y; the same numbers on every device.
at::Tensor uniform_points(const std::vector<uint64_t>& states, int64_t count, at::Device device);

/// Of each row's points the `count` with the smallest values, in no order. A value that is not a
/// number counts as the largest.
///   values  [M, N]     floating point
///   points  [M, N, 2]  N >= count
///   returns [M, count, 2]
/// No gradient. Throws Error{shape_mismatch, invalid_argument}.
at::Tensor smallest_points(const at::Tensor& values, const at::Tensor& points, int64_t count);

}  // namespace fcclip::ops
