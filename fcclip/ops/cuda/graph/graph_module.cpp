// libfcclip_cuda_graph.so. Built by a C++ compiler from LibTorch's headers and CUDA's; linked to neither: the names are found
// in the libtorch_cuda that the process has opened.

#include <cuda.h>
#include <cuda_runtime.h>
#if CUDA_VERSION < 12040
#error "LibTorch's CUDAGraph has another layout with headers of CUDA before 12.4"
#endif

#include <functional>
#include <map>
#include <memory>

#include <ATen/Functions.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "fcclip/ops/cuda/graph/graph_seam.h"

namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

void quietly(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception&) {
    // What is cleared away need not have come that far.
  }
}

bool is_recording(const c10::cuda::CUDAStream& stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  return cudaStreamIsCapturing(stream, &status) != cudaSuccess ||
         status != cudaStreamCaptureStatusNone;
}

/// LibTorch's private memory of graphs that never run at once, by its number. It goes back when the last of them goes.
struct GraphMemory {
  c10::DeviceIndex device;
  c10::MempoolId_t id;

  // Graphs that hold it; 0 where there is none yet, or this allocator does not say.
  int uses() const {
    int count = 0;
    quietly([&] { count = allocator::getPoolUseCount(device, id); });
    return count;
  }
};

// Some LibTorch leave a recording that failed as it is: their allocator would go on to ask the graph whose memory is whose.
void clear_away(std::unique_ptr<at::cuda::CUDAGraph> graph, const c10::cuda::CUDAStream& stream,
                const GraphMemory& memory, int uses_before) {
  if (is_recording(stream)) quietly([&] { graph->capture_end(); });
  if (is_recording(stream)) {
    cudaGraph_t unfinished = nullptr;
    cudaStreamEndCapture(stream, &unfinished);
    if (unfinished != nullptr) cudaGraphDestroy(unfinished);
  }
  // First: until then other threads' allocations ask the graph whose memory is whose.
  quietly([&] { allocator::endAllocateToPool(memory.device, memory.id); });
  quietly([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(memory.id); });
  graph.reset();
  if (memory.uses() > uses_before) {
    quietly([&] { allocator::releasePool(memory.device, memory.id); });
  }
  cudaGetLastError();
}

// Null when the task says that it failed.
std::unique_ptr<at::cuda::CUDAGraph> record_task(const c10::cuda::CUDAStream& stream,
                                                 const GraphMemory& memory,
                                                 const std::function<bool()>& task) {
  const int uses = memory.uses();
  auto graph = std::make_unique<at::cuda::CUDAGraph>();
  try {
    // Other threads go on meanwhile.
    graph->capture_begin(memory.id, cudaStreamCaptureModeThreadLocal);
    if (task()) {
      graph->capture_end();
      return graph;
    }
  } catch (const std::exception&) {
    clear_away(std::move(graph), stream, memory, uses);
    throw;
  }
  clear_away(std::move(graph), stream, memory, uses);
  return nullptr;
}

// LibTorch 2.11 has the device's random numbers in the state "recorded" until a recording ends well.
void end_recording_of_random_numbers(const c10::cuda::CUDAStream& stream) {
  quietly([&] {
    const GraphMemory own = {stream.device_index(), at::cuda::graph_pool_handle()};
    at::Tensor filled;
    record_task(stream, own, [&] {
      filled = at::zeros({1}, at::TensorOptions(stream.device()));
      return true;
    });
  });
}

// One stream for all: what is kept by stream is found again, and free memory of an earlier graph is taken. Of those of
// high priority: LibTorch hands out a few streams in turn, and what somebody else launched there would be recorded.
c10::cuda::CUDAStream recording_stream(c10::DeviceIndex device) {
  static auto& streams = *new std::map<c10::DeviceIndex, c10::cuda::CUDAStream>;
  const auto found = streams.find(device);
  if (found != streams.end()) return found->second;
  return streams.emplace(device, c10::cuda::getStreamFromPool(true, device)).first->second;
}

}  // namespace

struct FcclipGraph {
  GraphMemory memory;
  std::unique_ptr<at::cuda::CUDAGraph> graph;
};

namespace {

std::unique_ptr<FcclipGraph> record(c10::DeviceIndex device, const FcclipGraph* beside,
                                    FcclipGraphWork work, void* context) {
  const c10::cuda::CUDAGuard on_device(device);
  const c10::cuda::CUDAStream stream = recording_stream(device);
  const c10::cuda::CUDAStreamGuard in_stream(stream);
  if (!work(context)) return nullptr;
  stream.synchronize();
  // While it is recorded the allocator takes nothing back from what it keeps for others.
  allocator::emptyCache();
  const GraphMemory memory =
      beside != nullptr ? beside->memory : GraphMemory{device, at::cuda::graph_pool_handle()};
  try {
    auto graph = record_task(stream, memory, [&] { return work(context); });
    if (graph) return std::make_unique<FcclipGraph>(FcclipGraph{memory, std::move(graph)});
  } catch (const std::exception&) {
    end_recording_of_random_numbers(stream);
    throw;
  }
  end_recording_of_random_numbers(stream);
  return nullptr;
}

FcclipGraph* record_quietly(int device, const FcclipGraph* beside, FcclipGraphWork work,
                            void* context, FcclipModuleError* error) {
  FcclipGraph* graph = nullptr;
  fcclip::without_exceptions(error, [&] {
    graph = record(static_cast<c10::DeviceIndex>(device), beside, work, context).release();
  });
  return graph;
}

bool replay_quietly(FcclipGraph* graph, FcclipModuleError* error) {
  return fcclip::without_exceptions(error, [&] { graph->graph->replay(); });
}

void destroy_quietly(FcclipGraph* graph) {
  try {
    delete graph;
  } catch (const std::exception&) {
    // The process ends, or the device is broken: nothing is left to give back.
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const FcclipGraphCalls* fcclip_graph_calls() {
  static constexpr FcclipGraphCalls kCalls = {record_quietly, replay_quietly, destroy_quietly};
  return &kCalls;
}
