#pragma once
// NCCL, by which GPUs of several processes talk to each other. What makes LibTorch's class for it is a module
// (nccl/nccl_module.cpp) that is opened at run time. Internal to the folder.

#include <string>

#include "fcclip/engine/nccl/nccl_seam.h"

namespace fcclip::engine {

/// The module's file name.
inline constexpr const char* kNcclModule = "libfcclip_nccl.so";

/// Why this build can't train on several GPUs, and what to do, as one line; empty when it can. Opens LibTorch's CUDA side and the
/// module at the first call.
const std::string& nccl_lack();

/// The c10d backend of this process. Throws Error{unsupported} for what nccl_lack() says, or when LibTorch refuses, as it does
/// where no GPU is.
c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store>& store,
                                            const FcclipNcclPlace& place);

}  // namespace fcclip::engine
