#pragma once
// Who runs an operation on which device, as a list.

#include <string_view>
#include <vector>

#include <c10/core/Device.h>

namespace fcclip::ops {

struct ImplementedOp {
  std::string_view op;              ///< "masked_attention"
  std::string_view device;          ///< "cpu" or "cuda"
  std::string_view implementation;  ///< an instruction set's name, "cuda"; "aten": LibTorch's
};

/// Every operation on every device. Throws as chosen_isa().
std::vector<ImplementedOp> implementations();

/// Whether a few steps with padding cost a device less than many small ones without.
bool prefers_few_large_steps(at::Device device);

}  // namespace fcclip::ops
