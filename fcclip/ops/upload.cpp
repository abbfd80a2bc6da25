#include "fcclip/ops/upload.h"

#include <map>
#include <mutex>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/device.h"
#include "fcclip/ops/host.h"

namespace fcclip::ops {
namespace {

// One for each device: memory that LibTorch keeps is a stream's own, and copies come one after another
// anyway.
c10::Stream upload_stream(at::Device device) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, c10::Stream> streams;
  const std::lock_guard lock(mutex);
  const auto found = streams.find(device.index());
  if (found != streams.end()) return found->second;
  const c10::impl::VirtualGuardImpl guard(device.type());
  return streams.emplace(device.index(), guard.getStreamFromGlobalPool(device)).first->second;
}

}  // namespace

Upload::Upload(const at::Tensor& x, at::Device device) : tensor_(x) {
  if (device.is_cpu() || !x.is_cpu() || !goes_by_pinned_memory(x)) return;
  const c10::Stream stream = upload_stream(with_index(device));
  const c10::StreamGuard on_stream(stream);
  tensor_ = on_device(x, stream.device());
  const auto sent = std::make_shared<c10::Event>(device.type());
  sent->record(stream);
  sent_ = sent;
}

at::Tensor Upload::arrived() const {
  if (!sent_) return tensor_;
  const c10::impl::VirtualGuardImpl guard(tensor_.device().type());
  const c10::Stream stream = guard.getStream(tensor_.device());
  const c10::DeviceGuard on_device(tensor_.device());
  sent_->block(stream);
  // Its memory goes to nobody else before what this stream does with it is done.
  guard.recordDataPtrOnStream(tensor_.storage().data_ptr(), stream);
  return tensor_;
}

}  // namespace fcclip::ops
