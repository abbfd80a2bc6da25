// Runs an entry point on files, where libFuzzer is not at hand.

#include <cstdint>
#include <iostream>

#include "fcclip/io/atomic_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string bytes = fcclip::io::read_file(argv[i]);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    std::cout << argv[i] << ": survived\n";
  }
}
