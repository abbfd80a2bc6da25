#pragma once
// Work of several threads on one device beside one another.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <ATen/core/Tensor.h>

namespace c10 {
struct Event;
class StreamGuard;
}  // namespace c10

namespace fcclip::ops {

/// How many threads, each with pictures of its own, keep a device busy: while one waits for an answer and decides on the host
/// what follows, another one's work runs. 1 for the processor, whose cores the operations of one thread share already.
int64_t threads_that_fill(at::Device device);

/// Where the work of several threads begins: behind what the thread that makes this has put into the device's current stream
/// so far. Nothing on the processor.
class StreamFork {
 public:
  explicit StreamFork(at::Device device);

  /// While it lives, what the calling thread puts into the device goes by a stream of its own, behind the fork and in no order
  /// with other branches. Whoever wants what it leaves on the device must wait for it on the host first.
  class Branch {
   public:
    explicit Branch(const StreamFork& fork);
    Branch(const Branch&) = delete;
    Branch& operator=(const Branch&) = delete;
    ~Branch();

   private:
    std::unique_ptr<const c10::StreamGuard> on_stream_;  ///< null on the processor
  };

 private:
  const at::Device device_;
  std::shared_ptr<const c10::Event> begun_;  ///< null on the processor
};

/// work(f) for each of some forks, counted from 0, by `each` threads of its own (1 or more), each in a branch. As run_workers:
/// returns when all have ended, and throws what the first of them threw.
void run_branches(std::span<const StreamFork> forks, int64_t each,
                  const std::function<void(size_t fork)>& work);

}  // namespace fcclip::ops
