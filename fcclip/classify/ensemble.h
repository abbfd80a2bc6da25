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

/// The same with rows that are taken as they are, of unit length or not.
///   classifier  rows [T, D];  void_row [1, D]
at::Tensor logits_of_rows(const at::Tensor& embeddings, const TextClassifier& classifier,
                          const at::Tensor& void_row, const at::Tensor& scale);

/// Index of the winning synonym per class, [B, Q, K] int64, counted from 0 within the class; the
/// first of equal ones.
at::Tensor winning_synonyms(const at::Tensor& embeddings, const TextClassifier& classifier);

/// How the two classifiers are mixed (paper, section 3.3).
struct EnsembleOptions {
  double alpha = 0.4;             ///< exponent of p_out for seen classes
  double beta = 0.8;              ///< for unseen classes
  bool only_valid_masks = false;  ///< `ensemble_on_valid_mask`: exponent 0 for masks with no pixel
  /// w of COAT: v' = v · (1 − w · max p_out), so that what CLIP is sure of is void less often; 0 is
  /// FC-CLIP. 0 … 1.
  double clip_trust = 0;

  bool operator==(const EnsembleOptions&) const = default;
};

/// Both [B, Q, K+1], void last.
struct ClassLogits {
  at::Tensor in_vocabulary;
  at::Tensor out_of_vocabulary;
};

/// What classes the masks are of.
struct Classification {
  at::Tensor log_probs;    ///< [B, Q, K+1]: log([p·(1−v'), v'] + 1e-8); softmax it for scores
  at::Tensor p_in, p_out;  ///< [B, Q, K]: softmax without void
  at::Tensor p_void;       ///< [B, Q, 1]: v, of the softmax over the K+1 in-vocabulary logits
  /// What the out-of-vocabulary answer compared, [B, Q, D] and rows; set by whoever asked.
  at::Tensor out_embed = {};
  TextClassifier out_words = {};
};

/// seen: K entries (seen_classes). valid: [B, Q] bool, needed when only_valid_masks, else ignored.
/// Computed in logarithms, so that a probability too small for float32 stays finite (the reference
/// gives NaN). Trace names: "classify.in_vocab_probs", "out_vocab_probs", "ensemble_log",
/// "ensemble_probs", "void_prob", "mask_cls_result"; with clip_trust also "max_out_vocab_prob",
/// "void_prob_adjusted". Throws Error{shape_mismatch}, Error{invalid_argument} when valid
/// is missing. Source: paper section 3; clip_trust: OVRCOAT (CVPR 2026).
Classification ensemble(const ClassLogits& logits, const std::vector<bool>& seen,
                        const at::Tensor& valid, const EnsembleOptions& options,
                        const Trace& trace = {});

}  // namespace fcclip::classify
