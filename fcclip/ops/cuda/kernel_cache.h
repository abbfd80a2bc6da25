#pragma once
// Compiled kernels on disk, so that each is compiled once a machine.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "fcclip/ops/cuda/kernel_source.h"

namespace fcclip::ops::cuda {

/// Where a compiled source lies below `folder`: the name says source, architecture and compiler, so
/// that a change of any of them is another file.
///   compiler  its version, "13.0"
std::filesystem::path compiled_kernel_file(const std::filesystem::path& folder,
                                           const KernelSource& source, int architecture,
                                           const std::string& compiler);

/// What `file` holds, or else compile(), which is then written there. A file that is damaged or cut
/// short is as good as absent. Any number of processes may do this at once: the file appears whole.
/// A folder that can't be written to, or none, costs a compilation a start and is no error.
std::string cached_or_compiled(const std::optional<std::filesystem::path>& file,
                               const std::function<std::string()>& compile);

}  // namespace fcclip::ops::cuda
