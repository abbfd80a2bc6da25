// MATLAB's label maps. The first 128 bytes say which format; HDF5 (7.3) is another library's and left out.

#include <ATen/core/Tensor.h>

#include "fcclip/image/mat_file.h"
#include "fuzz/expect.h"
#include "fuzz/small_pictures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  const std::string_view bytes = fuzz::text(data, size);
  if (bytes.size() < 128 || bytes.find("\x89HDF") != std::string_view::npos) return -1;
  return fuzz::result_or_error([&] { image::decode_mat_labels(bytes, "LabelMap", "fuzz"); });
}
