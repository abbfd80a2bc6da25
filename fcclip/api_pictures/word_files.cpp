// Word files of the public face.

#include "fcclip/api/words.h"
#include "fcclip/core/boundary.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip {
inline namespace v1 {

Words load_words(const std::string& name_or_path, const LogCallback& log) {
  return translating_errors([&] { return words_of(words::load_question(name_or_path, log)); });
}

}  // namespace v1
}  // namespace fcclip
