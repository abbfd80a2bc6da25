// Outlines of annotations. The first two bytes are height and width, the rest coordinates.

#include <cstring>

#include <ATen/core/Tensor.h>

#include "fcclip/results/rle_polygon.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  if (size < 2 + sizeof(double)) return -1;
  const Size extent = {.height = data[0], .width = data[1]};
  std::vector<double> xy((size - 2) / sizeof(double));
  std::memcpy(xy.data(), data + 2, xy.size() * sizeof(double));
  return fuzz::result_or_error([&] {
    const results::Rle runs = results::from_polygons({xy}, extent);
    const int64_t area = results::area(runs);
    if (area < 0 || area > extent.height * extent.width) std::abort();
    results::to_mask(runs);  // refuses runs that do not cover the mask
  });
}
