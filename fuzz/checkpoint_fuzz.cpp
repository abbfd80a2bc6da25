// Whole checkpoint files: zip, legacy and safetensors, told apart as the program does.

#include <ATen/core/Tensor.h>

#include "fcclip/io/checkpoint.h"
#include "fcclip/io/mapped_file.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  return fuzz::result_or_error([&] {
    const auto file = io::MappedFile::of_bytes(fuzz::bytes(data, size), "fuzz");
    for (const auto& [name, tensor] : io::open_checkpoint(file).tensors) {
      // Touches the first and the last element: both must lie inside the file.
      if (tensor.numel() > 0 && tensor.numel() < 1'000'000) tensor.to(at::kDouble).sum();
    }
  });
}
