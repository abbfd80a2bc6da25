#pragma once
// Pairs as tensors.

#include <ATen/core/Tensor.h>

#include "fcclip/clip/tokenizer.h"
#include "fcclip/model/config.h"
#include "fcclip/pretrain/learner.h"
#include "fcclip/pretrain/pairs.h"

namespace fcclip::pretrain {

struct Batch {
  at::Tensor rgb;      ///< [P, side, side, 3] uint8; P = N where no picture is shared
  at::Tensor tokens;   ///< [N, L] int64, zeros behind the end token; L of the longest text
  at::Tensor present;  ///< [N, kMostNames] int64, −1 pads
  at::Tensor named;    ///< the same
  Regions regions;     ///< of windows; undefined: every picture as a whole
  std::vector<train::BadPicture> bad;  ///< pictures whose places others took
};

inline constexpr int64_t kMostNames = 16;

/// Pairs with a subject are embedded as the mean over its own cells of the stride-32 map: those at
/// least half covered, or the one covered most. All pairs of a batch have one or none has.
Batch collate(const std::vector<Pair>& pairs, const clip::Tokenizer& tokenizer);

Batch on_device(const Batch& batch, at::Device device);

}  // namespace fcclip::pretrain
