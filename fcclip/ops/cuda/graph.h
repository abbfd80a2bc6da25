#pragma once
// CUDA graphs, by LibTorch's own class for them. Its headers need CUDA's, so what calls it is a module
// (graph/graph_module.cpp) that is opened at run time.

#include <string>

#include "fcclip/ops/device_graph.h"

namespace fcclip::ops::cuda {

/// The module's file name, which lies with the program or library, or in their folder lib/fcclip.
inline constexpr const char* kGraphModule = "libfcclip_cuda_graph.so";

/// Why the module can't be used, as one line; empty when it can. Opens it, behind LibTorch's CUDA side, at the first call.
const std::string& graph_module_lack();

/// A RecordGraph. Warms up and records on a stream and in a thread of its own, which never ends: LibTorch keeps the code that
/// cuDNN compiled for a thread until that thread ends.
std::unique_ptr<DeviceGraph> record_graph(at::Device device, const DeviceWork& work,
                                          const DeviceGraph* beside);

}  // namespace fcclip::ops::cuda
