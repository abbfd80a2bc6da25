#include "fcclip/core/workers.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#ifdef _OPENMP
#include <omp.h>
#endif

namespace fcclip {
namespace {

/// While it lives, threads that LibTorch has not seen yet begin with this many.
class DividedThreads {
 public:
  explicit DividedThreads(size_t count) : before_(at::get_num_threads()) {
    at::set_num_threads(std::max(1, before_ / static_cast<int>(count)));
  }
  ~DividedThreads() { at::set_num_threads(before_); }
  DividedThreads(const DividedThreads&) = delete;
  DividedThreads& operator=(const DividedThreads&) = delete;

 private:
  int before_;
};

}  // namespace

void run_workers(size_t count, const std::function<void(size_t worker)>& work) {
  if (count == 1) return work(0);
  const DividedThreads divided(count);
  std::vector<std::exception_ptr> errors(count);
  std::vector<std::thread> threads;
  for (size_t worker = 0; worker < count; ++worker) {
    threads.emplace_back([&, worker] {
      at::init_num_threads();
      try {
        work(worker);
      } catch (...) {
        errors[worker] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

// The number is this thread's own, but LibTorch sets it at a thread's first operation: first that.
void keep_operations_on_this_thread() {
  at::init_num_threads();
#ifdef _OPENMP
  omp_set_num_threads(1);
#endif
}

}  // namespace fcclip
