#pragma once
// Between the library and the module that calls LibTorch's CUDAGraph: C alone, no exception crosses.

#include "fcclip/core/module_error.h"

extern "C" {

/// A recorded graph.
struct FcclipGraph;

/// The work, called twice; returns whether it went well.
using FcclipGraphWork = bool (*)(void* context);

/// What the module exports, under the name fcclip_graph_calls.
struct FcclipGraphCalls {
  /// Null when it went wrong, with no line when it was the work. device: N of cuda:N; beside: null, or a graph of it
  /// whose memory this one shares.
  FcclipGraph* (*record)(int device, const FcclipGraph* beside, FcclipGraphWork work, void* context,
                         FcclipModuleError* error);
  /// Into the device's current stream; returns whether it went well.
  bool (*replay)(FcclipGraph* graph, FcclipModuleError* error);
  void (*destroy)(FcclipGraph* graph);
};

/// One for all of the module.
using FcclipGraphCallsFunction = const FcclipGraphCalls*();
}
