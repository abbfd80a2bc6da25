#include "fcclip/ops/dispatch.h"

#include <atomic>
#include <deque>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/cpu/ops.h"
#include "fcclip/ops/cuda/ops.h"
#include "fcclip/ops/implementations.h"

namespace fcclip::ops {
namespace {

// A device's implementations, "aten" first, and the chosen one.
struct DeviceTable {
  std::deque<Implementation> all;
  std::atomic<const Implementation*> chosen = nullptr;

  explicit DeviceTable(c10::DeviceType device) {
    all.emplace_back();
    all[0].name = "aten";
    all[0].device = device;
    all[0].few_large_steps = device != c10::DeviceType::CPU;
    chosen = &all[0];
  }
  void add(const Implementation& implementation, bool choose) {
    all.push_back(implementation);
    if (choose) chosen = &all.back();
  }
};

struct HostTable : DeviceTable {
  HostTable() : DeviceTable(c10::DeviceType::CPU) {
    const Isa preferred = all[0].isa = preferred_isa();
    for (const Isa isa : available_isas()) add(cpu::implementation(isa), isa == preferred);
  }
};

struct CudaTable : DeviceTable {
  CudaTable() : DeviceTable(c10::DeviceType::CUDA) { add(cuda::implementation(), true); }
};

DeviceTable& table_of(c10::DeviceType device) {
  static CudaTable cuda;
  static HostTable host;
  return device == c10::DeviceType::CUDA ? static_cast<DeviceTable&>(cuda) : host;
}

}  // namespace

const Implementation& implementation(c10::DeviceType device) {
  return *table_of(device).chosen.load(std::memory_order_relaxed);
}

const Implementation& host_implementation() {
  const Implementation& chosen = implementation(c10::DeviceType::CPU);
  for (const Implementation& one : table_of(c10::DeviceType::CPU).all) {
    if (one.isa == chosen.isa && one.mask_winners != nullptr) return one;
  }
  return chosen;
}

std::vector<const Implementation*> implementations_of(c10::DeviceType device) {
  std::vector<const Implementation*> found;
  for (const Implementation& one : table_of(device).all) found.push_back(&one);
  return found;
}

Isa chosen_isa() {
  return implementation(c10::DeviceType::CPU).isa;
}

bool wants_gradient(const at::Tensor& x) {
  return c10::GradMode::is_enabled() && x.requires_grad();
}

Forced::Forced(const Implementation& implementation)
    : before_(ops::implementation(implementation.device)) {
  table_of(implementation.device).chosen = &implementation;
}

Forced::~Forced() {
  table_of(before_.device).chosen = &before_;
}

void check_dense(std::string_view what, const at::Tensor& x, at::Device device) {
  check_dtype(what, x, at::kFloat);
  if (!x.is_contiguous() || x.device() != device) {
    fail(ErrorCode::shape_mismatch, what, ": expected a contiguous tensor on ", device.str(),
         ", got one on ", x.device().str(), x.is_contiguous() ? "" : " that is not contiguous");
  }
}

bool prefers_few_large_steps(at::Device device) {
  return implementation(device.type()).few_large_steps;
}

std::vector<ImplementedOp> implementations() {
  std::vector<ImplementedOp> found;
  for (const c10::DeviceType device : {c10::DeviceType::CPU, c10::DeviceType::CUDA}) {
    const Implementation& chosen = implementation(device);
    each_op(chosen, [&](std::string_view op, bool own_kernel) {
      found.push_back({op, device == c10::DeviceType::CUDA ? "cuda" : "cpu",
                       own_kernel ? chosen.name : "aten"});
    });
  }
  return found;
}

}  // namespace fcclip::ops
