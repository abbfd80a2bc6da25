#pragma once
// Vocabulary -> classifier rows (model section 3), cached on disk.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/text_cache.h"
#include "fcclip/classify/vocabulary.h"
#include "fcclip/clip/text_tower.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/log.h"
#include "fcclip/core/progress.h"

namespace fcclip::classify {

/// One row per synonym, classes in order; a class that brings rows has that one. The void row is
/// not here: it belongs to the model.
struct TextClassifier {
  at::Tensor rows;                          ///< [T, D], unit length
  std::vector<int64_t> synonyms_per_class;  ///< sums to T
  int64_t cached = 0, computed = 0;         ///< distinct synonyms: found in the cache, or encoded
  /// [T, D]: in the place of `rows` for the in-vocabulary classifier, where classes bring rows;
  /// else undefined.
  at::Tensor in_rows = {};

  /// What the mask generator's embeddings are compared with.
  TextClassifier in_vocabulary() const;
};

/// How words become rows.
struct EncodeOptions {
  std::vector<std::string> templates = default_templates();  ///< "{}" is where the name goes
  const TextCache* cache = nullptr;
  Progress progress;  ///< of distinct synonyms, found in the cache or computed
  LogCallback log;    ///< told when the cache can't be written; the rows are right all the same
};

/// Every distinct synonym in every template: each prompt's feature normalised, mean over the
/// templates, normalised again. Equal synonyms are encoded once; finished groups go to the cache as
/// they come, so an interrupted encoding continues where it stopped. Words of a class that brings
/// rows are not encoded. Throws Error{invalid_argument} for a vocabulary without classes, a class
/// without synonyms, rows that are not D long, no templates or one without "{}";
/// Error{interrupted} as the progress wants it.
/// Source: paper section 3.
TextClassifier encode_vocabulary(const clip::TextTower& tower, const clip::Tokenizer& tokenizer,
                                 const Vocabulary& vocabulary, const EncodeOptions& options);

}  // namespace fcclip::classify
