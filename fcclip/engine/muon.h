#pragma once
// Muon: momentum whose step on a matrix is made orthogonal, so every direction learns at one rate
// (Jordan et al. 2024; step scale of Liu et al. 2025, equation 4).

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/engine/processes.h"
#include "fcclip/nn/weights.h"

namespace fcclip::engine {

/// The nearest matrix with singular values near 1 (0.7 … 1.2), of each in `matrices` [N, R, C]
/// float32, R <= C: five Newton–Schulz steps. Throws Error{shape_mismatch}.
at::Tensor orthogonal(const at::Tensor& matrices);

/// Of its matrices; the rest is stepped by AdamW.
struct MuonOptions {
  double momentum = 0.95;  ///< Nesterov's
  double weight_decay = 0.05;
  double update_rms = 0.2;  ///< of a step per unit of learning rate: what AdamW's steps have
};

/// Whether a weight is a matrix that Muon is meant for: inputs mixed into outputs. Not embeddings,
/// depthwise kernels, vectors.
bool is_mixing_matrix(const nn::Weight& weight);

/// Momentum made orthogonal for matrices, AdamW for the rest.
class Muon {
 public:
  /// Matrices of more than two axes count as [first, all others]. Several processes share the work;
  /// `processes` may be nullptr and must outlive this.
  Muon(std::vector<const nn::Weight*> weights, const MuonOptions& options,
       const Processes* processes);
  /// Weights without a gradient stay as they are.
  void step(double learning_rate);
  /// Under "<name>.momentum".
  void save(std::map<std::string, at::Tensor>& tensors) const;
  /// What is missing begins at zero. Throws Error{shape_mismatch} naming the tensor.
  void load(const std::map<std::string, at::Tensor>& tensors);

 private:
  std::vector<at::Tensor> directions();
  void orthogonalise(std::vector<at::Tensor>& directions) const;

  std::vector<const nn::Weight*> weights_;
  MuonOptions options_;
  const Processes* processes_;
  std::vector<at::Tensor> momentum_;  // as the weights; undefined before the first gradient
};

}  // namespace fcclip::engine
