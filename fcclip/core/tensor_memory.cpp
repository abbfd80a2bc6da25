#include "fcclip/core/tensor_memory.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace fcclip {

struct TensorMemory::Impl {
  // A GPU's backward pass runs on a thread of its own, which has this one's listener.
  class Counter final : public c10::MemoryReportingInfoBase {
   public:
    explicit Counter(c10::DeviceType device) : device_(device) {}

    void reportMemoryUsage(void* block, int64_t bytes, size_t, size_t,
                           c10::Device device) override {
      if (device.type() != device_) return;
      const std::lock_guard lock(mutex_);
      if (bytes > 0) {
        sizes_[block] = bytes;
        now_ += bytes;
        peak_ = std::max(peak_, now_);
      } else if (const auto found = sizes_.find(block); found != sizes_.end()) {
        now_ -= found->second;
        sizes_.erase(found);
      }
    }
    bool memoryProfilingEnabled() const override { return true; }

    int64_t now() const {
      const std::lock_guard lock(mutex_);
      return now_;
    }
    int64_t peak() const {
      const std::lock_guard lock(mutex_);
      return peak_;
    }

   private:
    c10::DeviceType device_;
    mutable std::mutex mutex_;
    std::unordered_map<void*, int64_t> sizes_;
    int64_t now_ = 0, peak_ = 0;
  };

  explicit Impl(c10::DeviceType device)
      : counter(std::make_shared<Counter>(device)),
        listening(c10::DebugInfoKind::PROFILER_STATE, counter) {}
  std::shared_ptr<Counter> counter;
  c10::DebugInfoGuard listening;
};

TensorMemory::TensorMemory(c10::DeviceType device) : impl_(std::make_unique<Impl>(device)) {}
TensorMemory::~TensorMemory() = default;

int64_t TensorMemory::now() const {
  return impl_->counter->now();
}

int64_t TensorMemory::peak() const {
  return impl_->counter->peak();
}

}  // namespace fcclip
