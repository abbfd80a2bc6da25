#include "fcclip/ops/cuda/graph.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <thread>

#include <ATen/ThreadLocalState.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "fcclip/core/cuda_module.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/ops/cuda/graph/graph_seam.h"

namespace fcclip::ops::cuda {
namespace {

struct GraphModule {
  const FcclipGraphCalls* calls = nullptr;
  std::string lack;
};

GraphModule open_graph_module() {
  const CudaModule module = open_cuda_module(kGraphModule);
  if (!module.lack.empty()) return {nullptr, module.lack};
  auto* const calls = module.library.function<FcclipGraphCallsFunction>("fcclip_graph_calls");
  if (calls == nullptr) return {nullptr, std::string(kGraphModule) + " is of another build"};
  return {calls(), ""};
}

const GraphModule& graph_module() {
  static const GraphModule kModule = open_graph_module();
  return kModule;
}

[[noreturn]] void graph_failed(const char* what, const FcclipModuleError& error) {
  fail(ErrorCode::internal, "CUDA graph: ", what, ": ", error.text);
}

/// One task after the other.
class EndlessThread {
 public:
  EndlessThread() {
    std::thread([this] { work(); }).detach();
  }

  /// Waits for it; throws what it throws.
  void run(const std::function<void()>& task) {
    std::packaged_task<void()> packaged(task);
    std::future<void> done = packaged.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(packaged));
    }
    came_.notify_one();
    done.get();
  }

 private:
  [[noreturn]] void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      came_.wait(lock, [this] { return !tasks_.empty(); });
      std::packaged_task<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::packaged_task<void()>> tasks_;
};

class RecordedCudaGraph : public DeviceGraph {
 public:
  RecordedCudaGraph(FcclipGraph* graph, std::vector<at::Tensor> outputs) : graph_(graph) {
    outputs_ = std::move(outputs);
  }
  ~RecordedCudaGraph() override {
    outputs_.clear();
    graph_module().calls->destroy(graph_);
  }

  void replay() override {
    FcclipModuleError error{};
    if (!graph_module().calls->replay(graph_, &error)) graph_failed("replay", error);
  }

  const FcclipGraph* graph() const { return graph_; }

 private:
  FcclipGraph* graph_;
};

/// The work as the module calls it.
struct CalledWork {
  const DeviceWork& work;
  bool is_warm = false;
  std::vector<at::Tensor> outputs = {};  // of the second run
  std::exception_ptr failure = nullptr;

  static bool call(void* context) {
    auto& self = *static_cast<CalledWork*>(context);
    try {
      std::vector<at::Tensor> made = self.work();
      if (self.is_warm) self.outputs = std::move(made);
      self.is_warm = true;
      return true;
    } catch (...) {
      self.failure = std::current_exception();
      return false;
    }
  }
};

// device: with its index, since this thread has another current one than the caller.
std::unique_ptr<DeviceGraph> record_here(at::Device device, const DeviceWork& work,
                                         const DeviceGraph* beside) {
  const auto* const own = static_cast<const RecordedCudaGraph*>(beside);
  CalledWork called{work};
  FcclipModuleError error{};
  FcclipGraph* const graph = graph_module().calls->record(
      device.index(), own == nullptr ? nullptr : own->graph(), CalledWork::call, &called, &error);
  if (called.failure) std::rethrow_exception(called.failure);
  if (graph == nullptr) graph_failed("recording", error);
  return std::make_unique<RecordedCudaGraph>(graph, std::move(called.outputs));
}

}  // namespace

const std::string& graph_module_lack() {
  return graph_module().lack;
}

std::unique_ptr<DeviceGraph> record_graph(at::Device device, const DeviceWork& work,
                                          const DeviceGraph* beside) {
  if (graph_module().calls == nullptr) return nullptr;
  static auto& thread = *new EndlessThread;
  const at::Device own = with_index(device);
  // The other thread's stream has not waited for what this one's holds.
  c10::impl::VirtualGuardImpl(own.type()).getStream(own).synchronize();
  std::unique_ptr<DeviceGraph> graph;
  const at::ThreadLocalState state;
  thread.run([&] {
    const at::ThreadLocalStateGuard as_caller(state);
    graph = record_here(own, work, beside);
  });
  return graph;
}

}  // namespace fcclip::ops::cuda
