#pragma once
// Pairs as tensors.

#include <ATen/core/Tensor.h>

#include "fcclip/clip/tokenizer.h"
#include "fcclip/pretrain/pairs.h"
#include "fcclip/segmenter/model_config.h"

namespace fcclip::pretrain {

struct Batch {
  at::Tensor rgb;      ///< [N, side, side, 3] uint8
  at::Tensor tokens;   ///< [N, L] int64, zeros behind the end token; L of the longest text
  at::Tensor present;  ///< [N, kMostNames] int64, −1 pads
  at::Tensor named;    ///< the same
  at::Tensor cells;    ///< [N, (side / 32)²] weights that sum to 1, or undefined
};

inline constexpr int64_t kMostNames = 16;

/// region_share: of the pictures whose embedding is the mean over their subject's own cells of the
/// stride-32 map (those at least half covered, or the one covered most); the others' is the plain
/// mean. 0: Batch::cells stays undefined. Which pictures is a matter of their position.
Batch collate(const std::vector<Pair>& pairs, const clip::Tokenizer& tokenizer,
              double region_share);

/// [N, H, W, 3] uint8 -> normalised float.
at::Tensor normalise(const at::Tensor& rgb, const PixelConfig& pixels);

}  // namespace fcclip::pretrain
