#include "fcclip/ops/device_graph.h"

#include <map>
#include <mutex>
#include <optional>

#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/environment.h"
#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/graph.h"

namespace fcclip::ops {
namespace {

c10::Stream stream_of_turn(at::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device);
}

}  // namespace

RecordGraph graph_recorder(at::Device device) {
  if (!device.is_cuda()) return {};
  const int64_t wanted = environment_number({"FCCLIP_CUDA_GRAPHS"}).value_or(1);
  if (wanted > 1) {
    fail(ErrorCode::invalid_argument, "FCCLIP_CUDA_GRAPHS=", wanted,
         ": expected 0 (each operation is launched alone) or 1");
  }
  if (wanted == 0 || !cuda::graph_module_lack().empty()) return {};
  return cuda::record_graph;
}

// The event of the last turn; a processor has no streams.
struct DeviceTurn::Line {
  explicit Line(at::Device device) {
    if (!device.is_cpu()) last.emplace(device.type());
  }
  std::mutex mutex;
  std::optional<c10::Event> last;
};

DeviceTurn::Line& DeviceTurn::line_of(at::Device device) {
  // Never destroyed: at the end of a process a GPU is gone before its events.
  static auto& mutex = *new std::mutex;
  static auto& lines = *new std::map<c10::DeviceIndex, Line>;
  const std::lock_guard lock(mutex);
  return lines.try_emplace(device.is_cpu() ? c10::DeviceIndex{-1} : device.index(), device)
      .first->second;
}

DeviceTurn::DeviceTurn(at::Device device) : device_(device), line_(line_of(device)) {
  std::unique_lock lock(line_.mutex);
  const c10::DeviceGuard on_device(device_);
  if (line_.last) line_.last->block(stream_of_turn(device_));
  lock.release();
}

DeviceTurn::~DeviceTurn() {
  try {
    const c10::DeviceGuard on_device(device_);
    if (line_.last) line_.last->record(stream_of_turn(device_));
  } catch (const std::exception&) {
    // The device is broken; whoever uses it next is told so.
  }
  line_.mutex.unlock();
}

void DeviceTurn::wait() {
  if (line_.last) stream_of_turn(device_).synchronize();
}

}  // namespace fcclip::ops
