#include "fcclip/ops/tf32_scope.h"

#include <condition_variable>
#include <mutex>

#include <ATen/Context.h>

namespace fcclip::ops {
namespace {

// LibTorch has an older and a newer switch, and its older questions throw where somebody has set the newer one alone. What
// is set here sets both.
bool allows_products() {
  const at::Context& torch = at::globalContext();
  try {
    return torch.allowTF32CuBLAS();
  } catch (const c10::Error&) {
    return torch.float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
           at::Float32Precision::TF32;
  }
}

bool allows_convolutions() {
  const at::Context& torch = at::globalContext();
  try {
    return torch.allowTF32CuDNN();
  } catch (const c10::Error&) {
    return torch.float32Precision(at::Float32Backend::CUDA, at::Float32Op::CONV) ==
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
      products_before = allows_products();
      convolutions_before = allows_convolutions();
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
