#pragma once
// Class logits, and the geometric ensemble of the in- and out-of-vocabulary classifiers (model section 6).

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/core/trace.h"

namespace fcclip::classify {

/// logits(x) = scale · x̂ · rowsᵀ, maximum over each class's synonyms, void last.
///   embeddings  [B, Q, D]   not normalised
///   void_row    [1, D]      normalised here
///   scale       scalar tensor or number, already clamped
///   returns     [B, Q, K+1]
at::Tensor class_logits(const at::Tensor& embeddings, const TextClassifier& classifier,
                        const at::Tensor& void_row, const at::Tensor& scale);

/// Index of the winning synonym per class, [B, Q, K] int64, counted from 0 within the class.
at::Tensor winning_synonyms(const at::Tensor& embeddings, const TextClassifier& classifier);

struct EnsembleOptions {
  double alpha = 0.4;          ///< exponent of p_out for seen classes
  double beta = 0.8;           ///< for unseen classes
  bool only_valid_masks = false;  ///< `ensemble_on_valid_mask`
};

struct Classification {
  at::Tensor log_probs;   ///< [B, Q, K+1]: log([p·(1−v), v] + 1e-8); softmax it for scores
  at::Tensor p_in, p_out; ///< [B, Q, K]
  at::Tensor p_void;      ///< [B, Q, 1]
};

/// Both classifiers' class_logits, [B, Q, K+1].
struct ClassLogits {
  at::Tensor in_vocabulary, out_of_vocabulary;
};

/// valid: [B, Q] bool or undefined; used when only_valid_masks. A probability of exactly zero stays finite.
Classification ensemble(const ClassLogits& logits, const std::vector<bool>& seen,
                        const at::Tensor& valid, const EnsembleOptions& options,
                        const Trace& trace = {});

}  // namespace fcclip::classify
