#pragma once
// Words that were asked lately, ready for the next question.

#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "fcclip/fcclip.h"

namespace fcclip::serve {

/// Bounded in synonyms; the least recently used questions go first. Safe to use from several
/// threads; two that ask the same new words at once both prepare them.
class WordsStore {
 public:
  explicit WordsStore(int64_t most_synonyms) : most_synonyms_(most_synonyms) {}

  /// What is ready.
  std::optional<PreparedWords> find(const std::string& model_name, const Words& words);
  /// `model_name` tells models apart. Throws as Model::prepare.
  PreparedWords get(const Model& model, const std::string& model_name, const Words& words,
                    const Progress& progress = {});

  struct Count {
    int64_t hits = 0, misses = 0;         ///< questions that were ready, that had to be prepared
    int64_t cached = 0, computed = 0;     ///< synonyms of the latter, by the cache on disk
    int64_t questions = 0, synonyms = 0;  ///< held now
  };
  Count count() const;

 private:
  struct Entry {
    std::string key;
    PreparedWords words;
    int64_t synonyms;
  };
  void keep(std::string key, const PreparedWords& words);

  const int64_t most_synonyms_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  ///< the least recently used first
  Count count_;
};

}  // namespace fcclip::serve
