// COCO's run lengths. The first two bytes are height and width, the rest the text.

#include <ATen/ATen.h>

#include "fcclip/results/rle.h"
#include "fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcclip;
  if (size < 2) return -1;
  const Size extent = {.height = data[0], .width = data[1]};
  return fuzz::result_or_error([&] {
    const results::Rle runs = results::from_string(fuzz::text(data + 2, size - 2), extent);
    const at::Tensor mask = results::to_mask(runs);
    const results::Rle again = results::from_mask(mask);
    const bool equal = results::from_string(results::to_string(runs), extent) == runs &&
                       results::area(runs) == mask.sum().item<int64_t>() &&
                       results::area(again) == results::area(runs);
    if (!equal) std::abort();
    if (results::area(runs) > 0 && results::iou(runs, again, false) != 1) std::abort();
  });
}
