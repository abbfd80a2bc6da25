#include "fcclip/outputs/class_names.h"

#include "fcclip/core/error.h"

namespace fcclip::outputs {

const classify::VocabularyClass& class_at(const classify::Vocabulary& vocabulary, int64_t index) {
  const int64_t n = static_cast<int64_t>(vocabulary.classes.size());
  if (index < 0 || index >= n) {
    fail(ErrorCode::invalid_argument, "class ", index, " is not in the vocabulary ",
         vocabulary.name, " of ", n, " classes");
  }
  return vocabulary.classes[static_cast<size_t>(index)];
}

const std::string& class_name(const classify::Vocabulary& vocabulary, int64_t index) {
  const classify::VocabularyClass& c = class_at(vocabulary, index);
  if (c.synonyms.empty()) fail(ErrorCode::invalid_argument, "class ", index, " has no name");
  return c.synonyms.front();
}

}  // namespace fcclip::outputs
