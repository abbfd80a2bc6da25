// The three forms in which a user may give words.

#include "fcclip/classify/vocabulary.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view text = fuzz::text(data, size);
  fuzz::result_or_error([&] { classify::parse_vocabulary_json(text); });
  fuzz::result_or_error([&] { classify::parse_vocabulary_text(text); });
  return fuzz::result_or_error([&] { classify::parse_classes(text); });
}
