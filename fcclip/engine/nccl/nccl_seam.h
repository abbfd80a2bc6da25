#pragma once
// Between the library and the module that makes LibTorch's ProcessGroupNCCL. Objects of LibTorch's cross, which both sides have
// from the same headers in the same build, and whose code lies in LibTorch; no exception does.

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "fcclip/core/module_error.h"

extern "C" {

/// A process among those that train together.
struct FcclipNcclPlace {
  int rank = 0;
  int size = 1;
  int64_t timeout_ms = 0;  ///< after which one that does not come is given up
};

/// What the module exports, under the name fcclip_nccl_calls. Each returns whether it went well.
struct FcclipNcclCalls {
  /// Whether LibTorch's NCCL has the structs for which the module was compiled.
  bool (*check)(FcclipModuleError* error);
  /// Nobody is talked to yet; a GPU must be there.
  bool (*make)(const c10::intrusive_ptr<c10d::Store>& store, const FcclipNcclPlace& place,
               c10::intrusive_ptr<c10d::Backend>* made, FcclipModuleError* error);
};

/// One for all of the module.
using FcclipNcclCallsFunction = const FcclipNcclCalls*();
}
