#pragma once
// LibTorch's CUDA side. The program is linked to the CPU side alone; the other half of the same wheel
// is opened when a GPU is asked for.

#include <string>

#include "fcclip/core/cuda_driver.h"

namespace fcclip {

/// libtorch_cuda of the LibTorch in use.
struct TorchCuda {
  std::string file;     ///< where it lies, beside libtorch_cpu; empty: a CPU build has none
  std::string failure;  ///< why it can't be opened; empty when it is open
  int cuda = 0;         ///< the CUDA that it was built for: 13000 is 13.0; 0: not open
};

/// Opens it at the first call, which must come before anything asks LibTorch whether CUDA is there:
/// LibTorch keeps the first answer. Never throws.
const TorchCuda& open_torch_cuda();

/// Why cuda:`index` can't be used, and what to do, as one line without a full stop; empty when nothing
/// speaks against it.
std::string lack_of_gpu(const CudaDriver& driver, const TorchCuda& torch, int64_t index);

}  // namespace fcclip
