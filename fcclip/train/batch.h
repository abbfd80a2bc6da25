#pragma once
// Pictures and their targets, ready for the network.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/data/dataset.h"
#include "fcclip/engine/bad_pictures.h"
#include "fcclip/train/matcher.h"

namespace fcclip::train {

/// Pictures and targets of one step.
struct Batch {
  at::Tensor rgb;                       ///< [B, H, W, 3] uint8
  std::vector<Size> sizes;              ///< of the pictures in it: the rest is padding
  std::vector<Targets> targets;         ///< B of them
  std::vector<int64_t> indices;         ///< of the pictures in the run's order
  std::vector<engine::BadPicture> bad;  ///< met on the way, and replaced by others
  int64_t words = 0;                    ///< which of the run's vocabularies the labels count in
};

/// Segments that are not crowd, a whole mask each, also of those that others cover. drop_empty:
/// without those that have no pixel.
Targets targets_of(const data::Sample& sample, bool drop_empty);

/// Samples in one tensor, padded right and bottom to the largest height and width among them,
/// rounded up to multiples of `divisor`.
Batch make_batch(const std::vector<data::Sample>& samples, bool drop_empty, int64_t divisor = 1);

/// Padding of normalised pixels [B, H, W, 3] becomes 0, as the network pads at inference.
void clear_padding(const Batch& batch, at::Tensor& pixels);

}  // namespace fcclip::train
