#include "fcclip/serve/words_store.h"

#include <algorithm>

#include "fcclip/core/hash.h"

namespace fcclip::serve {
namespace {

std::string key_of(const ClassRows& rows) {
  Hash hash = hash_text(rows.model);
  for (const std::vector<float>* row : {&rows.in_vocabulary, &rows.out_of_vocabulary}) {
    hash = hash_bytes(row->data(), row->size() * sizeof(float), hash);
  }
  return hex(hash) + '\0';
}

// No word has a zero byte in it (Fields refuses them).
std::string key_of(const std::string& model_name, const Words& words) {
  std::string key = model_name + '\0' + words.name;
  for (const WordClass& entry : words.classes) {
    key += '\0';
    key += static_cast<char>('0' + static_cast<int>(entry.kind));
    key += std::to_string(entry.id);
    if (entry.colour_rgb) {
      for (const uint8_t part : *entry.colour_rgb) key += ',' + std::to_string(part);
    }
    for (const std::string& synonym : entry.synonyms) (key += '\0') += synonym;
    key += '\0';
    if (entry.rows) key += key_of(*entry.rows);
  }
  return key;
}

int64_t synonyms_of(const Words& words) {
  int64_t count = 0;
  for (const WordClass& entry : words.classes) count += std::ssize(entry.synonyms);
  return count;
}

}  // namespace

std::optional<PreparedWords> WordsStore::find(const std::string& model_name, const Words& words) {
  const std::string key = key_of(model_name, words);
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found == entries_.end()) return {};
  ++count_.hits;
  entries_.splice(entries_.end(), entries_, found);
  return found->words;
}

PreparedWords WordsStore::get(const Model& model, const std::string& model_name, const Words& words,
                              const Progress& progress) {
  if (std::optional<PreparedWords> ready = find(model_name, words)) return *std::move(ready);
  PreparedWords prepared = model.prepare(words, {.progress = progress});
  keep(key_of(model_name, words), prepared);
  return prepared;
}

void WordsStore::keep(std::string key, const PreparedWords& words) {
  const int64_t synonyms = synonyms_of(words.words());
  const std::lock_guard lock(mutex_);
  ++count_.misses;
  count_.cached += words.cached();
  count_.computed += words.computed();
  if (synonyms > most_synonyms_) return;
  if (std::ranges::find(entries_, key, &Entry::key) != entries_.end()) return;
  while (count_.synonyms + synonyms > most_synonyms_) {
    count_.synonyms -= entries_.front().synonyms;
    entries_.pop_front();
  }
  entries_.push_back({std::move(key), words, synonyms});
  count_.synonyms += synonyms;
}

WordsStore::Count WordsStore::count() const {
  const std::lock_guard lock(mutex_);
  Count count = count_;
  count.questions = std::ssize(entries_);
  return count;
}

}  // namespace fcclip::serve
