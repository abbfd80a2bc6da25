#pragma once
// Which GPU a process of several takes. Internal to the folder.

#include <cstdint>

namespace fcclip::engine {

/// N of cuda:N: that of its place on the machine; or the first, when the process sees no other, as srun --gpus-per-task=1
/// has it.
///   local_rank  its place among the processes of this machine
///   visible     how many GPUs it sees
int64_t gpu_of_process(int64_t local_rank, int64_t visible);

/// Opens LibTorch's CUDA side, and makes that GPU the thread's current one. Throws Error{unsupported} when it can't be used,
/// or when this build can't let several GPUs train together.
int64_t take_own_gpu(int64_t local_rank);

}  // namespace fcclip::engine
