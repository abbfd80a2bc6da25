#include "fcclip/io/pickle_reader.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  return fuzz::result_or_error([&] { io::read_pickle(fuzz::bytes(data, size), "fuzz"); });
}
