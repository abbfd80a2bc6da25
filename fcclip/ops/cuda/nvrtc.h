#pragma once
// NVIDIA's compiler as a library, NVRTC, which every CUDA wheel of LibTorch brings along: opened at
// run time, without its headers. It needs no GPU.

#include <string>
#include <vector>

#include "fcclip/core/shared_library.h"
#include "fcclip/ops/cuda/kernel_source.h"

namespace fcclip::ops::cuda {

/// What may be done with it once it is found.
class Nvrtc {
 public:
  /// Looks once: the one that the process has, those that the system's loader knows, NVIDIA's
  /// packages beside LibTorch's, a CUDA toolkit. Newest first, but none newer than the driver.
  static const Nvrtc& found();

  /// Empty when there is one, else what is missing and what to do.
  const std::string& lack() const { return lack_; }
  /// "13.0"; empty when there is none.
  std::string version() const;
  /// The file; empty when there is none.
  std::string path() const { return library_.path(); }
  /// What it compiles for, 90 for capability 9.0, the oldest first.
  const std::vector<int>& architectures() const { return architectures_; }

  /// Code that the driver loads: of the very GPU, or, for one that is newer than this NVRTC, PTX of
  /// the newest known, from which the driver makes it. Throws Error{unsupported} without NVRTC and
  /// for a GPU that is too old, Error{internal} with the compiler's first error.
  std::string compile(const KernelSource& source, int architecture) const;

 private:
  Nvrtc();

  SharedLibrary library_;
  std::string lack_;
  std::vector<int> architectures_;
  int major_ = 0, minor_ = 0;
};

}  // namespace fcclip::ops::cuda
