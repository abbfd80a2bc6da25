#include "fcclip/ops/stream_fork.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/device.h"
#include "fcclip/core/workers.h"

namespace fcclip::ops {
namespace {

// Streams that branches have left. LibTorch keeps freed memory by stream: the next branch finds what the last one used.
class LeftStreams {
 public:
  c10::Stream take(at::Device device) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(left_, device, &c10::Stream::device);
    if (found == left_.end())
      return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    const c10::Stream stream = *found;
    left_.erase(found);
    return stream;
  }
  void give(c10::Stream stream) {
    const std::lock_guard lock(mutex_);
    left_.push_back(stream);
  }

 private:
  std::mutex mutex_;
  std::vector<c10::Stream> left_;
};

LeftStreams& left_streams() {
  static auto& one = *new LeftStreams;
  return one;
}

}  // namespace

int64_t threads_that_fill(at::Device device) {
  return device.is_cpu() ? 1 : 2;
}

StreamFork::StreamFork(at::Device device) : device_(device) {
  if (device.is_cpu()) return;
  const at::Device own = with_index(device);
  const c10::DeviceGuard on_device(
      own);  // an event makes the thread's own device current behind it
  const auto begun = std::make_shared<c10::Event>(device.type());
  begun->record(c10::impl::VirtualGuardImpl(device.type()).getStream(own));
  begun_ = begun;
}

StreamFork::Branch::Branch(const StreamFork& fork) {
  if (!fork.begun_) return;
  const c10::Stream stream = left_streams().take(with_index(fork.device_));
  on_stream_ = std::make_unique<const c10::StreamGuard>(stream);
  fork.begun_->block(stream);
}

StreamFork::Branch::~Branch() {
  if (on_stream_) left_streams().give(on_stream_->current_stream());
}

void run_branches(std::span<const StreamFork> forks, int64_t each,
                  const std::function<void(size_t fork)>& work) {
  run_workers(forks.size() * static_cast<size_t>(each), [&](size_t worker) {
    const size_t own = worker / static_cast<size_t>(each);
    const StreamFork::Branch branch(forks[own]);
    work(own);
  });
}

}  // namespace fcclip::ops
