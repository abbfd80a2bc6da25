#pragma once
// AdamW as the published recipe sets it up (model section 9), or SGD; Muon for the matrices by an
// option.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/engine/processes.h"
#include "fcclip/nn/weights.h"

namespace fcclip::engine {

/// Which steps weights take.
enum class OptimizerKind { adamw, sgd };

/// "adamw" or "sgd". Throws Error{invalid_argument} that names `setting`.
OptimizerKind parse_optimizer_kind(const std::string& name, const std::string& setting);

/// What the gradients are held to.
enum class ClipKind {
  all,   ///< the norm of all gradients together (the published recipe)
  each,  ///< the norm of every weight's gradient by itself
  value  ///< every number
};

/// "all", "each" or "value". Throws Error{invalid_argument} that names `setting`.
ClipKind parse_clip_kind(const std::string& name, const std::string& setting);

/// What all optimizers share.
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adamw;
  double learning_rate = 1e-4;
  double weight_decay = 0.05;  ///< none on norms and embeddings
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double momentum = 0.9;  ///< SGD's
  ClipKind clip = ClipKind::all;
  double clip_norm = 0.01;  ///< most that `clip` allows; 0: no clipping
  bool muon = false;  ///< matrices that mix inputs take Muon's steps (muon.h), at the same rate
};

/// Throws Error{diverged} unless it is finite.
void check_gradient_norm(double norm);

/// What an optimizer may change of a table: everything but running statistics.
std::vector<const nn::Weight*> trainable_weights(const nn::WeightTable& table);

/// Decoupled weight decay, one group with it and one without.
class Optimizer {
 public:
  /// Makes the weights leaves that record gradients. They must outlive the optimizer.
  /// Several processes share Muon's work: `processes` then as well.
  Optimizer(std::vector<const nn::Weight*> weights, const OptimizerOptions& options,
            const Processes* processes = nullptr);
  /// The trainable weights of a table.
  Optimizer(const nn::WeightTable& table, const OptimizerOptions& options,
            const Processes* processes = nullptr)
      : Optimizer(trainable_weights(table), options, processes) {}
  ~Optimizer();

  /// Before a step.
  void zero_gradients();
  /// Clips the gradients where they are; a GPU is not waited for. Returns the norm of all of them
  /// before, one number beside them. One that is not finite (check_gradient_norm()) leaves
  /// gradients that no update() may see.
  at::Tensor clip();
  /// Changes the weights by the gradients as they are.
  void update();
  /// Both; waits for the norm and returns it. Throws Error{diverged} when that is not finite; the
  /// weights are as before.
  double step();
  void set_learning_rate(double value);
  /// Weights under their names, moments under "<name>.exp_avg", "<name>.exp_avg_sq",
  /// "<name>.steps"; of Muon's and SGD's, "<name>.momentum".
  void save(std::map<std::string, at::Tensor>& tensors) const;
  /// Throws Error{missing_tensor, shape_mismatch} naming the tensor.
  void load(const std::map<std::string, at::Tensor>& tensors);
  /// The leaves, in the order of weights().
  const std::vector<at::Tensor>& parameters() const;
  const std::vector<const nn::Weight*>& weights() const { return weights_; }

 private:
  struct Impl;
  std::vector<const nn::Weight*> weights_;
  OptimizerOptions options_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcclip::engine
