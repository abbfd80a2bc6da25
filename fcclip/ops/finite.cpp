#include "fcclip/ops/finite.h"

#include <ATen/ATen.h>

#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {

bool all_finite(const at::Tensor& x) {
  const auto run =
      x.is_contiguous() ? own_float_inference(&Implementation::all_finite, {x.detach()}) : nullptr;
  return run ? run(x) : x.isfinite().all().item<bool>();
}

}  // namespace fcclip::ops
