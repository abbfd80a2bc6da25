#include "fcclip/ops/host.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace fcclip::ops {
namespace {

at::Tensor pinned_like(const at::Tensor& x) {
  return at::empty(x.sizes(), x.options().device(at::kCPU).pinned_memory(true));
}

// By this thread alone: several may send at once, beside the network's team of threads.
at::Tensor pinned_copy(const at::Tensor& x) {
  const at::Tensor pinned = pinned_like(x), plain = x.contiguous();
  std::memcpy(pinned.data_ptr(), plain.const_data_ptr(), plain.nbytes());
  return pinned;
}

void wait_for_current_stream(at::Device device) {
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.getStream(device).synchronize();
}

}  // namespace

bool goes_by_pinned_memory(const at::Tensor& x) {
  return static_cast<int64_t>(x.nbytes()) <= kMostPinnedBytes;
}

at::Tensor on_device(const at::Tensor& x, at::Device device) {
  if (device.is_cpu() || !x.is_cpu() || !goes_by_pinned_memory(x)) return x.to(device);
  // LibTorch gives the pinned block to nobody else before the copy from it has happened.
  return pinned_copy(x.detach()).to(at::TensorOptions(device), /*non_blocking=*/true);
}

at::Tensor on_host(const at::Tensor& x) {
  return x.is_cpu() ? x.contiguous() : to_keep(briefly_on_host(x));
}

at::Tensor briefly_on_host(const at::Tensor& x) {
  return together_on_host({x}).front();
}

std::vector<at::Tensor> together_on_host(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> here;
  std::vector<at::Device> waited_for;
  for (const at::Tensor& x : tensors) {
    if (x.is_cpu() || !goes_by_pinned_memory(x)) {
      here.push_back(x.to(at::kCPU).contiguous());
      continue;
    }
    here.push_back(pinned_like(x).copy_(x, /*non_blocking=*/true));
    if (std::ranges::find(waited_for, x.device()) == waited_for.end()) {
      waited_for.push_back(x.device());
    }
  }
  for (const at::Device device : waited_for) wait_for_current_stream(device);
  return here;
}

void bring_to_host(const std::vector<at::Tensor*>& tensors) {
  std::vector<at::Tensor> there;
  for (const at::Tensor* x : tensors) there.push_back(*x);
  const std::vector<at::Tensor> here = together_on_host(there);
  for (size_t i = 0; i < tensors.size(); ++i) *tensors[i] = here[i];
}

at::Tensor to_keep(const at::Tensor& on_host) {
  return on_host.is_pinned() ? on_host.clone() : on_host;
}

}  // namespace fcclip::ops
