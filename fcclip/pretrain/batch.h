#pragma once
// Pairs as tensors.

#include <ATen/core/Tensor.h>

#include "fcclip/clip/tokenizer.h"
#include "fcclip/model/config.h"
#include "fcclip/pretrain/learner.h"
#include "fcclip/pretrain/pairs.h"

namespace fcclip::pretrain {

/// Pictures, captions and names of one step.
struct Batch {
  at::Tensor rgb;      ///< [P, side, side, 3] uint8; P = N where no picture is shared
  at::Tensor tokens;   ///< [N, L] int64, zeros behind the end token; L of the longest text
  at::Tensor present;  ///< [N, kMostNames] int64, −1 pads
  at::Tensor named;    ///< the same
  Regions regions;     ///< of windows; undefined: every picture as a whole
  std::vector<engine::BadPicture> bad;  ///< pictures whose places others took
};

/// Names of one picture that count.
inline constexpr int64_t kMostNames = 16;

/// Pairs with a subject are embedded as the mean over its own cells of the stride-32 map: those at
/// least half covered, or the one covered most. All pairs of a batch have one or none has. Throws
/// Error{invalid_argument} for no pairs, Error{shape_mismatch}.
Batch collate(const std::vector<Pair>& pairs, const clip::Tokenizer& tokenizer);

/// Copied where it is not there yet.
Batch on_device(const Batch& batch, at::Device device);

}  // namespace fcclip::pretrain
