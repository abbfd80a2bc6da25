#pragma once
// In place of CUDA's own: what LibTorch's headers want of it for a C++ compiler. The rest is nvcc's, and wants headers that no
// wheel has. Modules that include CUDA's headers look here first (cmake/FcclipCudaModule.cmake).

#include <cuda_runtime_api.h>
