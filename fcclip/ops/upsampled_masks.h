#pragma once
// Masks at the size of the original picture, streamed over bands of rows: neither Q·h·w nor K·h·w
// floats ever exist. A logit of the original is two bilinear resizes away from the predicted ones
// (masks → padded input, cropped input → original), composed into one.
//
// Logits may live on any device. Everything that is returned lives on the host, where results are
// made.

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"

namespace fcclip::ops {

/// The masks of one image and the sizes they pass through.
struct MaskSource {
  at::Tensor mask_logits;  ///< [Q, H/4, W/4] floating point, any device
  Size padded;             ///< network input, multiple of 32
  Size resized;            ///< inside padded, before padding
  Size original;           ///< where results live
  /// Told of the parts of the picture that are done, perhaps by another thread. Whatever looks at a
  /// whole picture throws Error{interrupted} when it says stop.
  Progress progress = {};
};

/// Throws Error{shape_mismatch} for logits of another shape or without a pixel,
/// Error{invalid_argument} for sizes below 1x1 or a resized one that does not fit into the padded.
void check_masks(const MaskSource& masks);

/// Which of some masks wins each pixel by score · sigmoid(logit); of equal ones the first. Where the
/// masks are, or on the host.
struct MaskWinners {
  at::Tensor codes;  ///< [h, w] int32: 2·q of the winner q, + 1 where its sigmoid is >= 0.5
  at::Tensor pixels_of_code;  ///< [2·Q] int64: how often each code stands in `codes`
  /// [Q] int64: pixels with sigmoid >= 0.5, won or not; 0 of who does not compete.
  at::Tensor pixels_inside;
};
/// scores  [Q]  float32, any device; masks compete that have a positive one. Where none does all codes are 0.
/// On a GPU the host does not wait. Throws as check_masks, Error{shape_mismatch}.
MaskWinners mask_winners(const MaskSource& masks, const at::Tensor& scores);

/// Σ_q weights[q, k] · sigmoid(mask q), the largest k of each pixel; of equal ones the first.
///   weights  [Q, K]  float32, not negative, K >= 1, any device
///   returns  [h, w]  int32, where the masks are or on the host; on a GPU the host does not wait
/// Throws as check_masks, Error{shape_mismatch}.
at::Tensor best_classes(const MaskSource& masks, const at::Tensor& weights);

/// The pixels of a mask, logit > 0.
struct MaskRuns {
  std::vector<uint32_t> counts;  ///< column-major run lengths, zeros first (COCO's)
  double sigmoid_sum = 0;        ///< Σ of the sigmoids inside
};
/// One entry a query, in their order. Throws as mask_winners.
std::vector<MaskRuns> mask_runs(const MaskSource& masks, const std::vector<int64_t>& queries);

/// Rows [y, y + height) and columns [x, x + width) of the original.
struct Region {
  int64_t y = 0, height = 0, x = 0, width = 0;
};
enum class MaskValue { logit, sigmoid };
/// Values of some masks in a region, [queries, height, width] float32.
using MaskReader = std::function<at::Tensor(const std::vector<int64_t>&, const Region&, MaskValue)>;
/// What the masks need once for all regions. Throws as check_masks; the reader as mask_winners.
MaskReader read_masks(const MaskSource& masks);

}  // namespace fcclip::ops
