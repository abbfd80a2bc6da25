#include "fcclip/ops/tf32_scope.h"

#include <condition_variable>
#include <mutex>

#include <ATen/Context.h>

namespace fcclip::ops {
namespace {

// LibTorch has an older and a newer switch, and its older questions throw where somebody has set the newer one alone. What
// is set here sets both.
template <typename Older>
bool allows(const Older& older, at::Float32Op op) {
  try {
    return older();
  } catch (const c10::Error&) {
    return at::globalContext().float32Precision(at::Float32Backend::CUDA, op) ==
           at::Float32Precision::TF32;
  }
}

// [0]: exact, [1]: TF32.
struct Tf32Switch {
  std::mutex mutex;
  std::condition_variable changed;
  int64_t inside[2] = {0, 0}, waiting[2] = {0, 0};
  bool products_before = false, convolutions_before = true;

  void enter(bool allow) {
    std::unique_lock lock(mutex);
    ++waiting[allow];
    // Those who come later wait too while the other kind does: nobody waits for ever.
    changed.wait(
        lock, [&] { return inside[!allow] == 0 && (inside[allow] == 0 || waiting[!allow] == 0); });
    --waiting[allow];
    if (inside[allow] == 0) {
      const at::Context& torch = at::globalContext();
      products_before = allows([&] { return torch.allowTF32CuBLAS(); }, at::Float32Op::MATMUL);
      convolutions_before = allows([&] { return torch.allowTF32CuDNN(); }, at::Float32Op::CONV);
      set(allow, allow);
    }
    ++inside[allow];
  }

  void leave(bool allow) {
    const std::lock_guard lock(mutex);
    if (--inside[allow] == 0) set(products_before, convolutions_before);
    changed.notify_all();
  }

  static void set(bool products, bool convolutions) {
    at::globalContext().setAllowTF32CuBLAS(products);
    at::globalContext().setAllowTF32CuDNN(convolutions);
  }
};

Tf32Switch& tf32_switch() {
  static Tf32Switch one;
  return one;
}

thread_local bool is_in_scope = false;

}  // namespace

Tf32Scope::Tf32Scope(Products products, at::Device device)
    : counts_(device.is_cuda() && !is_in_scope), allows_(rounds(products, device)) {
  if (!counts_) return;
  tf32_switch().enter(allows_);
  is_in_scope = true;
}

Tf32Scope::~Tf32Scope() {
  if (!counts_) return;
  is_in_scope = false;
  tf32_switch().leave(allows_);
}

}  // namespace fcclip::ops
