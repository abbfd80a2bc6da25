#pragma once
// Embeddings normalised over the batch while training, by nothing at inference.

#include <ATen/core/Tensor.h>

namespace fcclip::pretrain {

/// BatchNorm without affine on e = W x, the last step of a tower before its unit length. Without it
/// a small CLIP starts with all embeddings alike and can stay there. It folds into the tower
/// exactly: the mean of e is W times the mean of x, which the bias of the LayerNorm before W takes,
/// and the deviation divides W's rows.
struct EmbeddingNorm {
  static constexpr double kEps = 1e-5;
  static constexpr double kMomentum =
      0.02;  ///< of the running averages, after the first 50 batches

  at::Tensor input_mean;  ///< [C] running mean of x
  at::Tensor variance;    ///< [D] running variance of e
  int64_t batches = 0;

  EmbeddingNorm() = default;
  EmbeddingNorm(int64_t inputs, int64_t outputs);
  /// Moves its tensors.
  void to(at::Device device);

  /// embeddings [N, D] of the whole batch, batch_input_mean [C] the mean of its x: normalises by
  /// the batch's own mean and deviation, and updates the running averages. Gradient: to embeddings.
  /// Throws Error{shape_mismatch}.
  at::Tensor train(const at::Tensor& embeddings, const at::Tensor& batch_input_mean);
  /// By the running averages. weight [D, C] is W.
  at::Tensor apply(const at::Tensor& embeddings, const at::Tensor& weight) const;
  /// Divide W's rows by this: [D].
  at::Tensor deviation() const;
};

}  // namespace fcclip::pretrain
