#include "fcclip/ops/group_best.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {

GroupBest best_of_groups(const at::Tensor& scores, at::IntArrayRef sizes) {
  const at::Tensor flat = scores.reshape({-1, scores.size(-1)}).contiguous();
  const int64_t columns = flat.size(1), groups = static_cast<int64_t>(sizes.size());
  std::vector<int64_t> shape = scores.sizes().vec();
  shape.back() = groups;
  const GroupBest found = {at::empty(shape, flat.options()), at::empty(shape, at::kLong)};
  const float* data = flat.const_data_ptr<float>();
  float* best = found.best.data_ptr<float>();
  int64_t* position = found.position.data_ptr<int64_t>();
  at::parallel_for(0, flat.size(0), std::max<int64_t>(1, 32768 / columns),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t n = begin; n < end; ++n) {
                       const float* row = data + n * columns;
                       for (int64_t k = 0; k < groups; row += sizes[k], ++k) {
                         const float* top = std::max_element(row, row + sizes[k]);
                         best[n * groups + k] = *top;
                         position[n * groups + k] = top - row;
                       }
                     }
                   });
  return found;
}

}  // namespace fcclip::ops::cpu
