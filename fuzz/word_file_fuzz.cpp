// Files of words, whatever tool wrote them, from their encoding on.

#include "fcclip/words/decode_text.h"
#include "fcclip/words/word_file.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  return fuzz::result_or_error([&] {
    const auto vocabulary = words::parse_word_file(words::decode_text(fuzz::text(data, size)));
    for (const classify::VocabularyClass& entry : vocabulary.classes) {
      if (entry.synonyms.empty()) std::abort();
    }
  });
}
