#pragma once
// The words of recorded runs.

#include <nlohmann/json.hpp>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::test {

/// `config`: a golden's config.json; rows [T, D] in place of the text tower's, without void.
inline segmenter::PreparedVocabulary recorded_vocabulary(const nlohmann::json& config,
                                                         const at::Tensor& rows) {
  segmenter::PreparedVocabulary prepared;
  prepared.vocabulary = classify::parse_vocabulary_json(config["test_vocabulary"].dump());
  const classify::Vocabulary training =
      classify::parse_vocabulary_json(config["train_vocabulary"].dump());
  prepared.classifier.rows = rows;
  for (const auto& entry : prepared.vocabulary.classes) {
    prepared.classifier.synonyms_per_class.push_back(std::ssize(entry.synonyms));
  }
  prepared.seen = classify::seen_classes(prepared.vocabulary, training);
  return prepared;
}

}  // namespace fcclip::test
