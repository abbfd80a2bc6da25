#include "fcclip/pretrain/embedding_norm.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "fcclip/core/check.h"

namespace fcclip::pretrain {

EmbeddingNorm::EmbeddingNorm(int64_t inputs, int64_t outputs)
    : input_mean(at::zeros({inputs})), variance(at::ones({outputs})) {}

void EmbeddingNorm::to(at::Device device) {
  input_mean = input_mean.to(device);
  variance = variance.to(device);
}

at::Tensor EmbeddingNorm::train(const at::Tensor& embeddings, const at::Tensor& batch_input_mean) {
  check_shape("embeddings", embeddings, {kAny, variance.size(0)});
  check_shape("batch_input_mean", batch_input_mean, {input_mean.size(0)});
  const at::Tensor centred = embeddings - embeddings.mean(0, true);
  const at::Tensor spread = centred.square().mean(0);
  {
    const at::NoGradGuard no_grad;
    const double weight = std::max(kMomentum, 1.0 / static_cast<double>(++batches));
    // Not in place: a saved state or an exported tower may share the tensors.
    input_mean = input_mean + weight * (batch_input_mean - input_mean);
    variance = variance + weight * (spread - variance);
  }
  return centred / (spread + kEps).sqrt();
}

at::Tensor EmbeddingNorm::apply(const at::Tensor& embeddings, const at::Tensor& weight) const {
  return (embeddings - weight.matmul(input_mean)) / deviation();
}

at::Tensor EmbeddingNorm::deviation() const {
  return (variance + kEps).sqrt();
}

}  // namespace fcclip::pretrain
