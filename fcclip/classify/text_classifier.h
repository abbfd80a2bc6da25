#pragma once
// Vocabulary -> classifier rows (model section 3), cached on disk.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/clip/text_tower.h"
#include "fcclip/clip/tokenizer.h"

namespace fcclip::classify {

/// One row per synonym, classes in order. The void row is not here: it belongs to the model.
struct TextClassifier {
  at::Tensor rows;                           ///< [T, D], unit length
  std::vector<int64_t> synonyms_per_class;   ///< sums to T
};

/// Text features on disk: one file a prompt set, safe under concurrent processes (atomic writes; a damaged
/// file is recomputed, never trusted). Key: text weights' fingerprint, templates, text.
class TextCache {
 public:
  /// folder: made when missing. fingerprint: of the text tower's weights and the tokenizer's merges.
  TextCache(std::filesystem::path folder, std::string fingerprint);
  std::optional<at::Tensor> find(const std::vector<std::string>& templates, const std::string& text) const;
  void store(const std::vector<std::string>& templates, const std::string& text, const at::Tensor& row) const;

 private:
  std::filesystem::path folder_;
  std::string fingerprint_;
};

/// $XDG_CACHE_HOME/fcclip or ~/.cache/fcclip.
std::filesystem::path default_cache_folder();

/// A quick, stable fingerprint of tensors (hash of their bytes).
std::string fingerprint(const std::vector<at::Tensor>& tensors, std::string_view extra);

using Progress = std::function<void(int64_t done, int64_t total)>;

struct EncodeOptions {
  std::vector<std::string> templates = default_templates();
  const TextCache* cache = nullptr;
  Progress progress;
};

/// Every synonym in every template: normalise, mean over templates, normalise.
TextClassifier encode_vocabulary(const clip::TextTower& tower, const clip::Tokenizer& tokenizer,
                                 const Vocabulary& vocabulary, const EncodeOptions& options);

}  // namespace fcclip::classify
