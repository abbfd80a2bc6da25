#include "fcclip/ops/cuda/tensor_place.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace fcclip::ops::cuda {

LaunchPlace place_of(const at::Tensor& x) {
  if (x.is_cpu()) return {};  // tests' stand-in for a driver, whose memory is the host's
  const c10::impl::VirtualGuardImpl guard(x.device().type());
  return {x.device().index(), guard.getStream(x.device()).native_handle()};
}

}  // namespace fcclip::ops::cuda
