#pragma once
// How much memory tensors take between two points of a program.

#include <cstdint>
#include <memory>

#include <c10/core/Device.h>

namespace fcclip {

/// Counts what this thread, and the backward passes that it starts, allocate for tensors of a device
/// and free again, from here on and while this lives, by what LibTorch's allocators tell its profiler:
/// bytes as they were asked for on a processor, as they were given out on a GPU. Of tensors that are
/// older nothing is counted. One at a time on a thread, and none while LibTorch's profiler looks at
/// memory.
class TensorMemory {
 public:
  explicit TensorMemory(c10::DeviceType device);
  ~TensorMemory();
  TensorMemory(const TensorMemory&) = delete;
  TensorMemory& operator=(const TensorMemory&) = delete;

  /// Bytes of new tensors that are alive.
  int64_t now() const;
  /// Most that were alive at once.
  int64_t peak() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcclip
