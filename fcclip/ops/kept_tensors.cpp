#include "fcclip/ops/kept_tensors.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace fcclip::ops {

StreamPlace stream_place(at::Device device) {
  const c10::impl::VirtualGuardImpl guard(device.type());
  const c10::Stream stream = guard.getStream(device.has_index() ? device : guard.getDevice());
  return {stream.device(), static_cast<int64_t>(stream.id())};
}

}  // namespace fcclip::ops
