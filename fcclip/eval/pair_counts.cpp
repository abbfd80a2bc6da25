#include "fcclip/eval/pair_counts.h"

#include <ATen/ATen.h>

namespace fcclip::eval {

// Neighbouring pixels mostly hold the same pair: the table is asked once per run, not once per
// pixel.
PairCounts count_pairs(const at::Tensor& truth, const at::Tensor& prediction) {
  PairCounts counts;
  const at::Tensor a = truth.contiguous(), b = prediction.contiguous();
  const int32_t* left = a.const_data_ptr<int32_t>();
  const int32_t* right = b.const_data_ptr<int32_t>();
  const int64_t pixels = a.numel();
  for (int64_t i = 0; i < pixels;) {
    const int64_t start = i;
    const int32_t t = left[i], p = right[i];
    while (i < pixels && left[i] == t && right[i] == p) ++i;
    counts[pair_key(t, p)] += i - start;
  }
  return counts;
}

}  // namespace fcclip::eval
