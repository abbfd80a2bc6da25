#include "fcclip/ops/kept_tensors.h"

#include <utility>

#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/device.h"
#include "fcclip/core/error.h"

namespace fcclip::ops {
namespace {

thread_local KeptByWork* open_in_thread = nullptr;

}  // namespace

StreamPlace stream_place(at::Device device) {
  const c10::impl::VirtualGuardImpl guard(device.type());
  const c10::Stream stream = guard.getStream(with_index(device));
  return {stream.device(), static_cast<int64_t>(stream.id())};
}

KeptByWork::Open::Open(KeptByWork& kept, Run run) : before_(std::exchange(open_in_thread, &kept)) {
  kept.run_ = run;
}

KeptByWork::Open::~Open() {
  open_in_thread = before_;
}

KeptByWork* KeptByWork::open() {
  return open_in_thread;
}

void KeptByWork::check_may_make() const {
  if (run_ == Run::first) return;
  fail(ErrorCode::internal, "work read a constant that its first run did not");
}

}  // namespace fcclip::ops
