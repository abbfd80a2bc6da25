// The merge file of a tokenizer, which model files carry. The first byte is the number of merges.

#include "fcclip/clip/tokenizer.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  if (size == 0) return -1;
  return fuzz::result_or_error([&] {
    const clip::Tokenizer tokenizer(fuzz::text(data + 1, size - 1), 512 + 2 + data[0] % 16);
    tokenizer.encode("a cat, a dog and the merges that they are made of");
    if (clip::Tokenizer(tokenizer.merges(), 512 + 2 + data[0] % 16).merges() != tokenizer.merges())
      std::abort();
  });
}
