#pragma once
// CUDA kernels as C++: what a .cu file of fcclip/ops/cuda/kernels uses of CUDA, for one thread of the
// processor. A block's threads are contexts that take turns; each runs to its next meeting point, so
// that all have reached it before the first goes on. Include it before the .cu file.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>
#include <ucontext.h>
#include <vector>

#define __device__
#define __global__
#define __shared__ static
#define __launch_bounds__(threads)

namespace fcclip::ops::on_host {

struct Place {
  int x = 0, y = 0;
};

struct Thread {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  Place index;
  bool ended = false;
};

struct Machine {
  Place thread, block, threads;
  std::vector<Thread> all;
  std::vector<double> lanes;  ///< what each thread shows to the others
  size_t now = 0;
  ucontext_t scheduler;
  std::function<void()> body;
};

inline Machine& machine() {
  static Machine machine;
  return machine;
}

inline void meet() {
  Machine& m = machine();
  swapcontext(&m.all[m.now].context, &m.scheduler);
}

inline void run_thread() {
  Machine& m = machine();
  m.body();
  m.all[m.now].ended = true;
  swapcontext(&m.all[m.now].context, &m.scheduler);
}

inline void start_thread(Thread& thread, Place index) {
  constexpr size_t kStack = 256 << 10;
  thread.index = index;
  thread.ended = false;
  if (!thread.stack) thread.stack.reset(new char[kStack]);  // kept from block to block
  getcontext(&thread.context);
  thread.context.uc_stack.ss_sp = thread.stack.get();
  thread.context.uc_stack.ss_size = kStack;
  thread.context.uc_link = nullptr;
  makecontext(&thread.context, run_thread, 0);
}

inline void run_block() {
  Machine& m = machine();
  m.all.resize(static_cast<size_t>(m.threads.x) * m.threads.y);
  m.lanes.assign(m.all.size(), 0);
  for (size_t i = 0; i < m.all.size(); ++i) {
    start_thread(m.all[i], {static_cast<int>(i) % m.threads.x, static_cast<int>(i) / m.threads.x});
  }
  bool any = true;
  while (any) {
    any = false;
    for (m.now = 0; m.now < m.all.size(); ++m.now) {
      Thread& thread = m.all[m.now];
      if (thread.ended) continue;
      any = true;
      m.thread = thread.index;
      swapcontext(&m.scheduler, &thread.context);
    }
  }
}

/// Every block of a launch, one after another.
inline void run_grid(Place blocks, Place threads, const std::function<void()>& body) {
  Machine& m = machine();
  m.threads = threads;
  m.body = body;
  for (m.block.y = 0; m.block.y < blocks.y; ++m.block.y) {
    for (m.block.x = 0; m.block.x < blocks.x; ++m.block.x) run_block();
  }
}

}  // namespace fcclip::ops::on_host

#define threadIdx (fcclip::ops::on_host::machine().thread)
#define blockIdx (fcclip::ops::on_host::machine().block)
#define blockDim (fcclip::ops::on_host::machine().threads)

inline void __syncwarp() {
  fcclip::ops::on_host::meet();
}

// Warps may meet more or less often than others before it: all threads of a block must have met
// equally often.
inline void __syncthreads() {
  fcclip::ops::on_host::meet();
}

namespace fcclip::ops::on_host {

// A warp's lanes show x and look(at the first of them).
template <typename T, typename Look>
auto among_lanes(T x, const Look& look) {
  Machine& m = machine();
  const size_t own = m.now;
  m.lanes[own] = static_cast<double>(x);
  meet();
  const auto seen = look(own / 32 * 32, own);
  meet();
  return seen;
}

}  // namespace fcclip::ops::on_host

template <typename T>
T __shfl_xor_sync(unsigned, T x, int step) {
  return fcclip::ops::on_host::among_lanes(x, [&](size_t, size_t own) {
    return static_cast<T>(fcclip::ops::on_host::machine().lanes[own ^ static_cast<size_t>(step)]);
  });
}

template <typename T>
T __shfl_sync(unsigned, T x, int lane) {
  return fcclip::ops::on_host::among_lanes(x, [&](size_t first, size_t) {
    return static_cast<T>(fcclip::ops::on_host::machine().lanes[first + static_cast<size_t>(lane)]);
  });
}

inline unsigned __ballot_sync(unsigned, bool says) {
  return fcclip::ops::on_host::among_lanes(says ? 1 : 0, [](size_t first, size_t) {
    const std::vector<double>& lanes = fcclip::ops::on_host::machine().lanes;
    unsigned all = 0;
    for (size_t i = 0; i < 32 && first + i < lanes.size(); ++i) {
      if (lanes[first + i] != 0) all |= 1u << i;
    }
    return all;
  });
}

inline int __popc(unsigned x) {
  return __builtin_popcount(x);
}

inline int __ffs(int x) {
  return __builtin_ffs(x);
}

template <typename T>
void atomicAdd(T* to, T x) {
  *to += x;
}
