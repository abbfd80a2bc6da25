#pragma once
// Stochastic gradient descent with momentum, as torch.optim.SGD: decay is part of the gradient, the
// momentum is a plain sum without dampening.

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/nn/weights.h"

namespace fcclip::engine {

/// Learning rate and clipping are of OptimizerOptions.
struct SgdOptions {
  double momentum = 0.9;
  double weight_decay = 1e-4;  ///< of weights whose role is `weight`; none on norms and embeddings
};

/// The optimizer of detectron2's own recipes.
class Sgd {
 public:
  Sgd(std::vector<const nn::Weight*> weights, const SgdOptions& options);
  /// Weights without a gradient stay as they are.
  void step(double learning_rate);
  /// Under "<name>.momentum".
  void save(std::map<std::string, at::Tensor>& tensors) const;
  /// What is missing begins anew. Throws Error{shape_mismatch} naming the tensor.
  void load(const std::map<std::string, at::Tensor>& tensors);

 private:
  std::vector<const nn::Weight*> weights_;
  SgdOptions options_;
  std::vector<at::Tensor> momentum_;  // as the weights; undefined before the first gradient
};

}  // namespace fcclip::engine
