#pragma once
// Sums of the processor's products depend, in their last digits, on how many threads share them.

#include <ATen/Parallel.h>

namespace fcclip::test {

/// While it lives, LibTorch's operations have so many threads.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace fcclip::test
