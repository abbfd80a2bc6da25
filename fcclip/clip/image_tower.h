#pragma once
// The frozen image side of CLIP, behind one interface for ConvNeXt and ModifiedResNet.

#include <memory>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/config.h"
#include "fcclip/core/progress.h"
#include "fcclip/core/trace.h"
#include "fcclip/nn/checkpoint.h"
#include "fcclip/nn/weights.h"
#include "fcclip/ops/packing.h"

namespace fcclip::clip {

class VisualHead;

/// All [B, H/s, W/s, C], float32, contiguous.
struct ClipFeatures {
  at::Tensor res2, res3, res4, res5;  ///< strides 4, 8, 16, 32
  at::Tensor dense;                   ///< `clip_vis_dense`, stride 32: what masks pool from
};

/// Stochastic depth in training: residual branches that are left out, each a picture at a time, more
/// of them the deeper they are. Which is a function of (seed, index).
struct DropPath {
  double rate = 0;  ///< of the last block; 0: none
  uint64_t seed = 0, index = 0;
};

/// How a tower is run that is trained.
struct TrainedTower {
  DropPath drop;
  nn::Activations activations = nn::Activations::kept;  ///< of each block
};

/// One picture tower; const calls may come from several threads at once.
class ImageTower {
 public:
  virtual ~ImageTower() = default;
  /// Checkpoint names under `prefix` ("backbone.clip_model.visual").
  virtual void declare(nn::WeightTable& table, const std::string& prefix) = 0;
  /// Called once after the weights are set: folds and packs what inference needs. Throws as
  /// ops::need_products().
  virtual void prepare(const ops::Packing& packing = {}) = 0;
  /// image [B, H, W, 3] normalised, H and W multiples of 32. No gradient is ever recorded.
  /// `tick` is called after each block, ClipConfig::block_count() times.
  /// Trace names: the goldens' "backbone.*".
  virtual ClipFeatures forward(const at::Tensor& image, const Trace& trace = {},
                               const Tick& tick = {}) const = 0;
  /// The same in differentiable operations. Throws Error{unsupported} unless the tower is a
  /// ConvNeXt.
  virtual ClipFeatures forward_plain(const at::Tensor& image, const Trace& trace = {},
                                     const TrainedTower& how = {}) const;
  /// From pooled features to embeddings, differentiable. Throws Error{unsupported} where pooling
  /// and embedding are one (ResNet).
  virtual const VisualHead& visual_head() const;
  /// One CLIP embedding per mask, not normalised.
  ///   dense        [B, h, w, C]
  ///   mask_logits  [B, Q, h, w]  a position counts where logit > 0
  ///   returns      [B, Q, D]
  /// ConvNeXt: masked mean, then the visual head. ResNet: attention pooling with the mask.
  /// An empty mask gives head(0) (ConvNeXt) or the output projection's bias (ResNet).
  /// Trace names: "classify.pooled_clip_feature", "classify.visual_head.*",
  /// "classify.clip_embedding".
  virtual at::Tensor embed_masks(const at::Tensor& dense, const at::Tensor& mask_logits,
                                 const Trace& trace = {}) const = 0;
};

/// Throws Error{shape_mismatch} unless image is float32 [B, H, W, 3] with H and W multiples of 32.
void check_image(const at::Tensor& image);

/// A tower of this configuration with no weights yet. Throws Error{invalid_argument} on impossible
/// sizes.
std::unique_ptr<ImageTower> make_image_tower(const ClipConfig& config);

}  // namespace fcclip::clip
