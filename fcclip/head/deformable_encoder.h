#pragma once
// Encoder of multi-scale deformable self-attention over the positions of three maps (model section
// 4; the reference's MSDeformAttnTransformerEncoder).

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/core/trace.h"
#include "fcclip/head/config.h"
#include "fcclip/nn/layers.h"
#include "fcclip/nn/weights.h"
#include "fcclip/ops/packed_matrix.h"

namespace fcclip::head {

/// The weights of one layer under the checkpoint's names.
struct DeformableLayer {
  nn::Linear sampling_offsets, attention_weights, value_proj, output_proj, linear1, linear2;
  nn::LayerNorm norm1, norm2;
};

/// The layers and both ways to run them.
class DeformableEncoder {
 public:
  explicit DeformableEncoder(const PixelDecoderConfig& config);
  /// Checkpoint names under `prefix` ("….pixel_decoder.transformer.encoder").
  void declare(nn::WeightTable& table, const std::string& prefix);
  /// Stacks the weights of the fused path; again after every change of the weights.
  void prepare();

  /// Differentiable ATen operations, on any device.
  ///   tokens     [B, S, C]  the maps of all levels, row by row, one after another
  ///   positions  [S, C]     position and level embedding
  ///   returns    [B, S, C]
  at::Tensor forward(const at::Tensor& tokens, const at::Tensor& positions,
                     at::ArrayRef<Size> levels, const Trace& trace = {}) const;

  /// Whether forward_fused can run: prepared, on the CPU, few enough points.
  bool can_fuse(at::ArrayRef<Size> levels) const;

  /// The same without gradients, in blocks of rows that stay in the cache.
  ///   tokens  [S, C]  one image, contiguous; overwritten with the result
  void forward_fused(const at::Tensor& tokens, const at::Tensor& positions,
                     at::ArrayRef<Size> levels) const;

 private:
  struct Workspace;
  /// A linear layer as the fused path runs it.
  struct Product {
    ops::PackedMatrix matrix;
    at::Tensor bias;
    ops::Activation activation = ops::Activation::none;
    void run(const at::Tensor& x, int64_t rows, const at::Tensor& out) const;
  };
  struct PackedLayer {
    Product sampling;  ///< offsets and attention weights in the fused kernel's row order
    Product value, output, linear1, linear2;
  };
  at::Tensor attend(const DeformableLayer& layer, const at::Tensor& tokens, const at::Tensor& query,
                    at::ArrayRef<Size> levels, const Trace& trace) const;
  void fused_rows(size_t layer, const at::Tensor& x, const at::Tensor& value, int64_t begin,
                  const Workspace& work) const;

  PixelDecoderConfig config_;
  std::vector<DeformableLayer> layers_;
  std::vector<PackedLayer> packed_;  ///< empty until prepared
};

}  // namespace fcclip::head
