#pragma once
// c10d's backends. Internal to the folder.

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace fcclip::engine {

/// Gloo for a CPU, NCCL (and Gloo for CPU tensors) for a CUDA device. Throws Error{unsupported}
/// when this build has not the backend.
c10::intrusive_ptr<c10d::ProcessGroup> make_process_group(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size, at::Device device);

}  // namespace fcclip::engine
