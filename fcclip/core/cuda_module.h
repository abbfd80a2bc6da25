#pragma once
// Modules: parts of the program that call classes of LibTorch's CUDA side. Their headers need CUDA's and their names are in
// libtorch_cuda, so each is a library of its own (cmake/FcclipCudaModule.cmake), opened where a GPU is used.

#include <string>

#include "fcclip/core/shared_library.h"

namespace fcclip {

/// A module, or why there is none.
struct CudaModule {
  SharedLibrary library;  ///< open when `lack` is empty
  std::string lack;       ///< why it can't be used, as one line without a full stop
};

/// Opens it behind LibTorch's CUDA side. Never throws.
///   file_name  "libfcclip_….so", which lies with the program or library, or in their folder lib/fcclip
CudaModule open_cuda_module(const std::string& file_name);

}  // namespace fcclip
