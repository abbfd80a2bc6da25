#pragma once
// c10d's backends. Internal to the folder.

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace fcclip::engine {

/// Gloo for a CPU, NCCL for a CUDA device, which is the current one. Throws Error{unsupported} when this build has not the
/// backend, or when NCCL can't be used.
c10::intrusive_ptr<c10d::ProcessGroup> make_process_group(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size, at::Device device);

/// Before the last reference to a group goes. NCCL's threads and connections end: at once while an exception is on its way.
void leave_process_group(c10d::ProcessGroup& group, at::Device device) noexcept;

}  // namespace fcclip::engine
