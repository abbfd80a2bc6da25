#pragma once
// From a kernel's name to work on a GPU, by the driver's own interface.

#include "fcclip/ops/cuda/kernel_source.h"

namespace fcclip::ops::cuda {

/// Which GPU, and which of its streams.
struct LaunchPlace {
  int device = 0;          ///< N of cuda:N, the calling thread's current one
  void* stream = nullptr;  ///< the driver's handle of a stream; null: the default one
};

/// Blocks and threads, each in two dimensions.
struct LaunchShape {
  unsigned blocks_x = 1, blocks_y = 1, threads_x = 1, threads_y = 1;
};

/// Puts a kernel of `source` into the stream and returns. The source is loaded into each GPU once, as
/// it was compiled ahead of time, from the disk's cache, or compiled now.
///   job  the kernel's one argument, copied
/// Throws Error{unsupported} as Nvrtc::compile, Error{out_of_memory}, Error{internal} with the
/// driver's words. Safe to call from several threads.
void launch(const KernelSource& source, const std::string& kernel, const LaunchShape& shape,
            const LaunchPlace& place, const void* job);

}  // namespace fcclip::ops::cuda
