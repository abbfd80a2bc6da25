// Any text as CLIP sees it: cleaned, then cut into byte pairs.

#include "fcclip/clip/tokenizer.h"
#include "fcclip/text/unicode_text.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  constexpr int64_t kWords = 512 + 4 + 2, kContext = 77;
  static const clip::Tokenizer tokenizer("#version\nc a\nca t</w>\nd o\ndo g</w>\n", kWords,
                                         kContext);
  const std::string_view text = fuzz::text(data, size);
  return fuzz::result_or_error([&] {
    const std::vector<int64_t> ids = tokenizer.encode(text);
    if (ids.size() < 2 || std::ssize(ids) > kContext) std::abort();
    if (ids.front() != kWords - 2 || ids.back() != kWords - 1) std::abort();
    for (const int64_t id : ids) {
      if (id < 0 || id >= kWords) std::abort();
    }
  });
}
