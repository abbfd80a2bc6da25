#pragma once
// An exponential moving average of the weights.

#include <map>
#include <string>
#include <vector>

#include "fcclip/nn/weights.h"

namespace fcclip::engine {

/// An exponential moving average of weights.
class WeightAverage {
 public:
  /// Begins with the weights as they are. decay 0: does nothing.
  WeightAverage(std::vector<const nn::Weight*> weights, double decay);
  /// average ← decay' · average + (1 − decay') · weights, decay' = min(decay, (1 + n) / (10 + n))
  /// at the n-th update, so that the first steps are forgotten quickly.
  void update();
  /// Exchanges weights and average; twice gives back what was.
  void swap();
  void save(std::map<std::string, at::Tensor>& tensors) const;
  /// Throws Error{missing_tensor} for a checkpoint without averages.
  void load(const std::map<std::string, at::Tensor>& tensors);

 private:
  std::vector<const nn::Weight*> weights_;
  std::vector<at::Tensor> average_;
  double decay_;
  int64_t updates_ = 0;
};

/// The average takes the weights' places while this lives.
class AveragedWeights {
 public:
  explicit AveragedWeights(WeightAverage& average) : average_(average) { average_.swap(); }
  ~AveragedWeights() { average_.swap(); }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  WeightAverage& average_;
};

}  // namespace fcclip::engine
