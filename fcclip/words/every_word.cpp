#include "fcclip/words/every_word.h"

#include <set>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/markings.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::words {

classify::Vocabulary every_word(const std::vector<std::string>& specs) {
  std::set<std::string> texts;
  for (const std::string& spec : specs.empty() ? classify::builtin_vocabulary_names() : specs) {
    for (const std::string& word : classify::all_words(load_vocabulary(spec))) texts.insert(word);
  }
  classify::Vocabulary vocabulary;
  for (const std::string& text : texts) vocabulary.classes.push_back({.synonyms = {text}});
  return vocabulary;
}

}  // namespace fcclip::words
