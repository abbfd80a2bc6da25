// The first byte is the size of the data in units of 4 bytes, the rest the JSON.

#include "fcclip/io/safetensors_header.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  if (size == 0) return 0;
  return fuzz::result_or_error([&] {
    io::parse_safetensors_header(fuzz::text(data + 1, size - 1), uint64_t{data[0]} * 4, "fuzz");
  });
}
