#pragma once
// Class logits, and the geometric ensemble of the in- and out-of-vocabulary classifiers (model
// section 6).

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/core/trace.h"

namespace fcclip::classify {

/// logits(x) = scale · x̂ · rowsᵀ, maximum over each class's synonyms, void last.
///   embeddings  [B, Q, D]   not normalised; x / max(|x|, 1e-12) is
///   void_row    [1, D]      normalised here
///   scale       one number as a tensor, already min(exp(logit_scale), 100)
///   returns     [B, Q, K+1]
/// Gradient: to embeddings, void_row, scale; of a class's synonyms to the winner. Throws
/// Error{shape_mismatch, invalid_argument}. Source: paper section 3.
at::Tensor class_logits(const at::Tensor& embeddings, const TextClassifier& classifier,
                        const at::Tensor& void_row, const at::Tensor& scale);

/// Index of the winning synonym per class, [B, Q, K] int64, counted from 0 within the class; the
/// first of equal ones.
at::Tensor winning_synonyms(const at::Tensor& embeddings, const TextClassifier& classifier);

/// How the two classifiers are mixed (paper, section 3.3).
struct EnsembleOptions {
  double alpha = 0.4;             ///< exponent of p_out for seen classes
  double beta = 0.8;              ///< for unseen classes
  bool only_valid_masks = false;  ///< `ensemble_on_valid_mask`: exponent 0 for masks with no pixel
};

/// Both [B, Q, K+1], void last.
struct ClassLogits {
  at::Tensor in_vocabulary;
  at::Tensor out_of_vocabulary;
};

/// What classes the masks are of.
struct Classification {
  at::Tensor log_probs;    ///< [B, Q, K+1]: log([p·(1−v), v] + 1e-8); softmax it for scores
  at::Tensor p_in, p_out;  ///< [B, Q, K]: softmax without void
  at::Tensor p_void;       ///< [B, Q, 1]: of the softmax over the K+1 in-vocabulary logits
};

/// seen: K entries (seen_classes). valid: [B, Q] bool, needed when only_valid_masks, else ignored.
/// Computed in logarithms, so that a probability too small for float32 stays finite (the reference
/// gives NaN). Trace names: "classify.in_vocab_probs", "out_vocab_probs", "ensemble_log",
/// "void_prob", "mask_cls_result". Throws Error{shape_mismatch}, Error{invalid_argument} when valid
/// is missing. Source: paper section 3.
Classification ensemble(const ClassLogits& logits, const std::vector<bool>& seen,
                        const at::Tensor& valid, const EnsembleOptions& options,
                        const Trace& trace = {});

}  // namespace fcclip::classify
