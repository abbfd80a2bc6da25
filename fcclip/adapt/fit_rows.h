#pragma once
// A linear probe that starts at the words: classifier rows fitted to labelled embeddings.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/core/progress.h"

namespace fcclip::adapt {

/// Embeddings of masks and what these are.
struct LabelledEmbeddings {
  at::Tensor embeddings;               ///< [N, D] float32 of unit length, on the host
  std::vector<int64_t> classes;        ///< N positions in the vocabulary; K: none of its classes
  std::vector<int64_t> pictures = {};  ///< of which picture each is, where that is known
};

/// A classifier whose rows are fitted.
struct RowClassifier {
  classify::TextClassifier words;  ///< rows that the fit starts from
  at::Tensor void_row;             ///< [1, D]; undefined: no void among the answers
  double scale = 100;              ///< of cosines
};

struct FitOptions {
  /// Of the squared distance of each row from its words' row, beside the mean cross entropy.
  double pull = 25;
  /// Of examples of none of the classes: the weight of all together, beside 1 for each class.
  double void_weight = 1;
  int64_t most_steps = 60;  ///< of L-BFGS
  Progress progress = {};   ///< counts its steps
};

/// Rows [K, D] of unit length: of classes that have examples the row that minimises
///   mean cross entropy of softmax(scale · x̂ · rowsᵀ), each class counted once,
///   + pull · Σ |row − row of its words|²,
/// by L-BFGS from the words' rows; of others the mean of their words' rows (which the fit did not
/// change). Classes without fitted row answer by their best synonym. Throws
/// Error{invalid_argument} without examples, Error{interrupted} as the progress wants it.
at::Tensor fit_rows(const LabelledEmbeddings& examples, const RowClassifier& classifier,
                    const FitOptions& options = {});

}  // namespace fcclip::adapt
