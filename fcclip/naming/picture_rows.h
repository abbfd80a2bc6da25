#pragma once
// Text rows that look at the picture (MAFT+, ECCV 2024): each row attends to CLIP's map and is moved
// by what it sees.

#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/clip/visual_head.h"
#include "fcclip/core/trace.h"
#include "fcclip/naming/config.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"

namespace fcclip::naming {

/// What the rows of any question need of a picture, [h·w, D] each.
struct SeenPicture {
  at::Tensor keys, values;
};

/// CLIP's map as MAFT+ was trained to see it: V of rows of C numbers in the order of memory of
/// [C, h, w], which are not the channels of a position.
///   dense    [h, w, C]
///   returns  [h, w, D], row order
at::Tensor scrambled_embedding(const at::Tensor& dense, const clip::VisualHead& head);

/// The weights, `cdt.cross_atten.*` of a checkpoint.
class PictureRows {
 public:
  /// embed_dim: D.
  PictureRows(const RowsConfig& config, int64_t embed_dim);
  void declare(nn::WeightTable& table, const std::string& prefix);

  /// embedding: scrambled_embedding(). Trace names: "cdt.img_embed", "cdt.pos".
  SeenPicture look(const at::Tensor& embedding, const Trace& trace = {}) const;

  /// T' of a question.
  ///   rows     [T, D], void included
  ///   returns  [T, D], not of unit length
  /// Trace names: "cdt.text_in", "cdt.attn", "cdt.mlp", "cdt.norm", "cdt.text_out".
  at::Tensor operator()(const at::Tensor& rows, const SeenPicture& picture,
                        const Trace& trace = {}) const;

 private:
  RowsConfig config_;
  nn::MultiheadAttention attention_;
  nn::Linear mlp_;
  nn::LayerNorm norm_;
};

}  // namespace fcclip::naming
