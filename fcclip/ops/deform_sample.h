#pragma once
// Where a location of deformable attention falls between four positions of a map, and the gradients
// of a sample there: one text for the CPU's kernels and CUDA's.

#include "fcclip/ops/deform_args.h"

#ifndef FCCLIP_DEVICE  // what includes this for CUDA says __device__
#define FCCLIP_DEVICE
#endif

namespace fcclip::ops {
namespace {  // every instruction set compiles, and keeps, its own

/// A bilinear sample of one level: four corners, clockwise from the upper left by rows.
template <typename T, typename Index = int64_t>
struct DeformSample {
  bool inside[4];
  Index row[4];
  T part_x, part_y;

  FCCLIP_DEVICE T weight(int corner) const {
    return (corner % 2 != 0 ? part_x : 1 - part_x) * (corner / 2 != 0 ? part_y : 1 - part_y);
  }
};

/// location: x, y. False when it is too far outside (or not a number): nothing is sampled.
template <typename T, typename Index>
FCCLIP_DEVICE bool locate(const DeformLevelsOf<Index>& levels, Index level, const T* location,
                          DeformSample<T, Index>& sample) {
  const Index width = levels.width[level], height = levels.height[level];
  const T x = location[0] * static_cast<T>(width) - T(0.5);
  const T y = location[1] * static_cast<T>(height) - T(0.5);
  if (!(x > -1 && y > -1 && x < static_cast<T>(width) && y < static_cast<T>(height))) return false;
  // Truncation of x + 1 >= 0 is floor.
  const Index left = static_cast<Index>(x + 1) - 1, top = static_cast<Index>(y + 1) - 1;
  sample.part_x = x - static_cast<T>(left);
  sample.part_y = y - static_cast<T>(top);
  for (int corner = 0; corner < 4; ++corner) {
    const Index column = left + corner % 2, line = top + corner / 2;
    sample.inside[corner] = column >= 0 && column < width && line >= 0 && line < height;
    sample.row[corner] = levels.start[level] + line * width + column;
  }
  return true;
}

/// Writes the gradients of sample `at` (its index in `weights`) to its weight and its location.
///   seen  [4]  products of the output's gradient with the corners; 0 outside
template <typename Job, typename Sample, typename T>
FCCLIP_DEVICE void write_gradients(const Job& job, const Sample& sample, const T* seen,
                                   int64_t level, int64_t at) {
  const T x = sample.part_x, y = sample.part_y, weight = job.weights[at];
  const T upper = seen[1] - seen[0], lower = seen[3] - seen[2];
  const T left = seen[2] - seen[0], right = seen[3] - seen[1];
  job.grad_weights[at] = (1 - y) * (seen[0] + x * upper) + y * (seen[2] + x * lower);
  job.grad_locations[2 * at] =
      weight * static_cast<T>(job.levels.width[level]) * ((1 - y) * upper + y * lower);
  job.grad_locations[2 * at + 1] =
      weight * static_cast<T>(job.levels.height[level]) * ((1 - x) * left + x * right);
}

}  // namespace
}  // namespace fcclip::ops
