#include "fcclip/ops/composed_taps.h"

#include "fcclip/ops/linear_tap.h"

namespace fcclip::ops {
namespace {

void add_tap(MaskTaps& taps, int& n, int64_t index, float weight) {
  for (int i = 0; i < n; ++i) {
    if (taps.index[i] == index) {
      taps.weight[i] += weight;
      return;
    }
  }
  taps.index[n] = static_cast<int32_t>(index);
  taps.weight[n++] = weight;
}

}  // namespace

std::vector<MaskTaps> composed_taps(int64_t cells, int64_t padded, int64_t resized,
                                    int64_t original) {
  std::vector<MaskTaps> all(static_cast<size_t>(original));
  for (int64_t i = 0; i < original; ++i) {
    MaskTaps& taps = all[static_cast<size_t>(i)];
    int n = 0;
    const LinearTap outer = linear_tap(i, resized, original);
    for (const bool next : {false, true}) {
      const float share = next ? outer.far : 1 - outer.far;
      if (share == 0) continue;
      const LinearTap inner = linear_tap(next ? outer.next : outer.near, cells, padded);
      add_tap(taps, n, inner.near, share * (1 - inner.far));
      add_tap(taps, n, inner.next, share * inner.far);
    }
    for (; n < 4; ++n) taps.index[n] = taps.index[0], taps.weight[n] = 0;
  }
  return all;
}

}  // namespace fcclip::ops
