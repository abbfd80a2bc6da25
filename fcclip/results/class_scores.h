#pragma once
// Semantic scores Σ_q softmax(class)[q, k] · sigmoid(mask)[q] of any part of a picture, so that they
// never exist as a whole. Internal to the folder.

#include <functional>

#include "fcclip/results/results.h"

namespace fcclip::results {

/// Class scores of the masks of one run of the network.
class ClassScores {
 public:
  /// `view.resized_late`: made at the padded size and resized, as the reference does where only
  /// semantic results are asked for. Throws as check_masks and class_probs do.
  explicit ClassScores(const SemanticView& view);
  /// [K, height, width] float32 of a region of the original picture.
  at::Tensor operator()(const ops::Region& region) const;
  /// Numbers that a pixel costs on the way.
  int64_t numbers_per_pixel() const { return probs_.size(0) + probs_.size(1); }

 private:
  at::Tensor read(const ops::Region& region) const;
  at::Tensor resized(const ops::Region& region) const;

  Size from_, to_;    ///< the size that scores are made at; the original
  at::Tensor probs_;  ///< [Q, K], without void
  bool late_ = false, mirrored_ = false;
  ops::MaskReader masks_;
};

/// Visits a picture in tiles whose `numbers_per_pixel` are a few megabytes each.
void visit_tiles(Size size, int64_t numbers_per_pixel,
                 const std::function<void(const ops::Region&)>& visit);

}  // namespace fcclip::results
