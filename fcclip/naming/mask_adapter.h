#pragma once
// Mask embeddings by learned pooling maps (Mask-Adapter, CVPR 2025): an embedding of a mask is the
// mean of M that each pool CLIP's map with weights of their own.

#include <array>
#include <mutex>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/convnext.h"
#include "fcclip/clip/visual_head.h"
#include "fcclip/core/trace.h"
#include "fcclip/naming/config.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"
#include "fcclip/ops/products.h"

namespace fcclip::naming {

/// What the adapter keeps of a picture: what all masks share, and the embeddings made so far.
struct AdaptedPicture {
  at::Tensor dense;      ///< [h, w, C]: F, which is pooled
  at::Tensor fused;      ///< [h, w, C']: fuse(E) with all biases
  at::Tensor embedding;  ///< [h, w, D]: E, for those who watch; else undefined

  mutable std::mutex filling;
  mutable at::Tensor rows;         ///< [Q, D]; zeros where none was made yet
  mutable std::vector<bool> made;  ///< of each mask

  /// Bytes of memory that it holds.
  int64_t bytes() const;
};

/// The weights, `mask_adapter.*` of a checkpoint. Const calls may come from several threads.
class MaskAdapter {
 public:
  /// embed_dim: D.
  MaskAdapter(const AdapterConfig& config, int64_t embed_dim);
  void declare(nn::WeightTable& table, const std::string& prefix);
  /// After the weights are set. Throws as ops::need_products().
  void prepare(const ops::Packing& packing);

  /// E, D wide at every position, made ready for any number of masks of this picture.
  ///   dense      [h, w, C]
  ///   embedding  [h, w, D]
  std::shared_ptr<AdaptedPicture> look(const at::Tensor& dense, const at::Tensor& embedding,
                                       int64_t queries, const Trace& trace) const;

  /// Embeddings of masks, those asked for at least, made once and kept with the picture: thread
  /// safe.
  ///   mask_logits  [Q, 8h, 8w]
  ///   needed       [Q]
  ///   returns      [Q, D], not normalised; zeros for masks that nobody asked for yet
  at::Tensor embed(const AdaptedPicture& picture, const at::Tensor& mask_logits,
                   const std::vector<bool>& needed, const clip::VisualHead& head) const;

  /// Of all masks in the published code's own steps, all traced ("adapter.*",
  /// "classify.pooled_clip_feature", "classify.clip_embedding"). The picture was looked at with a
  /// trace. Returns as embed().
  at::Tensor embed_traced(const AdaptedPicture& picture, const at::Tensor& mask_logits,
                          const clip::VisualHead& head, const Trace& trace) const;

 private:
  at::Tensor resized_masks(const at::Tensor& mask_logits, const Trace& trace) const;
  at::Tensor mask_features(const at::Tensor& masks) const;
  at::Tensor traced_blocks(at::Tensor x, const Trace& trace) const;
  at::Tensor pool(const AdaptedPicture& picture, const at::Tensor& maps_logits) const;
  at::Tensor embed_batch(const AdaptedPicture& picture, const at::Tensor& mask_logits,
                         const clip::VisualHead& head) const;

  AdapterConfig config_;
  nn::Conv conv0_, conv3_;
  nn::LayerNorm norm1_, norm4_;
  nn::PointwiseConv conv6_, fuse_;
  std::array<clip::ConvNextBlock, 3> blocks_;
  nn::LayerNorm norm_;
  nn::PointwiseConv final_;
  at::Tensor mask_weight_, fuse_bias_;  ///< W_fuse·W_6 [C', I]; of fuse and W_fuse·b_6 [C']
};

}  // namespace fcclip::naming
