#include "fcclip/ops/bilinear_filter.h"

#include <algorithm>
#include <cmath>

namespace fcclip::ops {

BilinearFilter bilinear_filter(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  // The triangle's half width in input pixels: it widens when shrinking, and never narrows.
  const double support = std::max(scale, 1.0);
  BilinearFilter filter;
  filter.stride = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  filter.starts.resize(out);
  filter.counts.resize(out);
  filter.taps.assign(out * filter.stride, 0);
  std::vector<double> weights(filter.stride);
  for (int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min<int64_t>(in, static_cast<int64_t>(center + support + 0.5));
    double sum = 0;
    for (int64_t k = 0; k < end - begin; ++k) {
      const double x = (static_cast<double>(k + begin) - center + 0.5) * (1.0 / support);
      weights[k] = std::max(0.0, 1.0 - std::abs(x));
      sum += weights[k];
    }
    for (int64_t k = 0; k < end - begin; ++k) {
      const double weight = sum != 0 ? weights[k] / sum : weights[k];
      filter.taps[i * filter.stride + k] = static_cast<int32_t>(0.5 + weight * (1 << kResizeBits));
    }
    filter.starts[i] = static_cast<int32_t>(begin);
    filter.counts[i] = static_cast<int32_t>(end - begin);
  }
  return filter;
}

}  // namespace fcclip::ops
