#pragma once
// The layers of a multi-scale deformable encoder at inference ("Deformable DETR", section 4.1; model
// section 4): self-attention of all positions of all levels, each looking around its own place.

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/ops/layer_weights.h"
#include "fcclip/ops/products.h"

namespace fcclip::ops {

struct DeformLayerWeights {
  LinearWeights sampling_offsets;   ///< out = heads · levels · points · 2 (x, y)
  LinearWeights attention_weights;  ///< out = heads · levels · points
  LinearWeights value, output;      ///< C -> C
  LayerNormWeights norm1;
  LinearWeights linear1, linear2;  ///< C -> F -> C, ReLU between
  LayerNormWeights norm2;
};

struct DeformEncoderShape {
  int64_t heads = 0, levels = 0, points = 0;
  Products products = Products::float32;  ///< of all but what says where to look
};

/// Runs all layers on (tokens, positions, levels), as PackedDeformEncoder says.
using RunDeformEncoder =
    std::function<void(const at::Tensor&, const at::Tensor&, at::ArrayRef<Size>)>;

class PackedDeformEncoder {
 public:
  PackedDeformEncoder() = default;
  /// float32 weights, all on the device where it will run. Throws Error{shape_mismatch}.
  PackedDeformEncoder(const DeformEncoderShape& shape,
                      const std::vector<DeformLayerWeights>& layers);

  bool defined() const { return static_cast<bool>(run_); }
  /// All layers, in place. Layer: x = norm1(x + output(attention(x + positions)));
  /// x = norm2(x + linear2(relu(linear1(x)))).
  ///   tokens     [S, C]  float32, contiguous: one image's maps of all levels, row by row, one
  ///                      after another; overwritten with the result
  ///   positions  [S, C]  added to what the offsets and weights are computed from
  ///   levels     the maps' sizes, as many as the shape says
  /// No gradient. Throws Error{shape_mismatch}.
  void operator()(const at::Tensor& tokens, const at::Tensor& positions,
                  at::ArrayRef<Size> levels) const;

 private:
  DeformEncoderShape shape_;
  RunDeformEncoder run_;
};

/// The same by ATen operations on any device.
RunDeformEncoder plain_deform_encoder(const DeformEncoderShape& shape,
                                      const std::vector<DeformLayerWeights>& layers);

}  // namespace fcclip::ops
