#pragma once
// AdamW (Loshchilov and Hutter 2019) by LibTorch's fused kernels: one call for all weights.

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/nn/weights.h"

namespace fcclip::engine {

/// Decoupled weight decay and clipping are of OptimizerOptions.
struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0.05;  ///< of weights whose role is `weight`; none on norms and embeddings
};

/// The optimizer of the published recipe.
class AdamW {
 public:
  AdamW(std::vector<const nn::Weight*> weights, const AdamWOptions& options);
  /// Weights without a gradient stay as they are.
  void step(double learning_rate);
  /// Under "<name>.exp_avg", "<name>.exp_avg_sq", "<name>.steps".
  void save(std::map<std::string, at::Tensor>& tensors) const;
  /// What has no steps begins anew. Throws Error{missing_tensor, shape_mismatch} naming the tensor.
  void load(const std::map<std::string, at::Tensor>& tensors);

 private:
  struct Moments {
    at::Tensor mean, square;  // as the weight; undefined before the first gradient
    at::Tensor steps;         // float scalar, where the kernel reads it
  };

  std::vector<const nn::Weight*> weights_;
  std::vector<Moments> moments_;
  AdamWOptions options_;
};

}  // namespace fcclip::engine
