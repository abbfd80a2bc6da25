#include "fcclip/engine/processes.h"

#include <chrono>
#include <stdexcept>

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "fcclip/core/environment.h"
#include "fcclip/core/error.h"
#include "fcclip/engine/own_gpu.h"
#include "fcclip/engine/process_backends.h"

namespace fcclip::engine {
namespace {

constexpr const char* kWhereFirstListens = ": it says where the first process listens";

std::string required(const char* name, const char* why) {
  const std::optional<std::string> text = environment_text(name);
  if (!text) fail(ErrorCode::invalid_argument, "environment variable ", name, " is missing", why);
  return *text;
}

// torchrun's agent may host the store already; its keys live under the attempt's number.
c10::intrusive_ptr<c10d::Store> open_store(int64_t rank, int64_t size) {
  const bool hosted = environment_text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  const std::string first = required("MASTER_ADDR", kWhereFirstListens);
  required("MASTER_PORT", kWhereFirstListens);
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(*environment_number({"MASTER_PORT"}));
  options.isServer = rank == 0 && !hosted;
  options.numWorkers = hosted ? std::nullopt : std::optional<size_t>(size);
  options.waitWorkers = !hosted;
  options.timeout = std::chrono::seconds(300);
  return c10::make_intrusive<c10d::PrefixStore>(
      "/fcclip/attempt_" + environment_text("TORCHELASTIC_RESTART_COUNT").value_or("0"),
      c10::make_intrusive<c10d::TCPStore>(first, options));
}

// Newer LibTorch versions have more parameters; all beyond these keep what DistributedDataParallel
// uses by default.
template <typename... Args>
std::unique_ptr<c10d::Reducer> make_reducer(Args&&... args) {
  if constexpr (std::is_constructible_v<c10d::Reducer, Args..., bool, bool, std::vector<int64_t>>) {
    return std::make_unique<c10d::Reducer>(std::forward<Args>(args)..., false, false,
                                           std::vector<int64_t>());
  } else if constexpr (std::is_constructible_v<c10d::Reducer, Args..., bool, bool>) {
    return std::make_unique<c10d::Reducer>(std::forward<Args>(args)..., false, false);
  } else {
    return std::make_unique<c10d::Reducer>(std::forward<Args>(args)...);
  }
}

template <typename Action>
void together(int64_t rank, const char* what, Action&& action) {
  try {
    action();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const std::string_view message = error.what();
    fail(ErrorCode::io_failure, "process ", rank, ": ", what,
         " failed: another process has ended or cannot be reached (",
         message.substr(0, message.find('\n')), "); start again with --resume");
  }
}

}  // namespace

struct Processes::Group {
  ~Group() {
    reducer.reset();
    if (group) leave_process_group(*group, device);
  }

  c10::intrusive_ptr<c10d::ProcessGroup> group;
  std::unique_ptr<c10d::Reducer> reducer;
  at::Device device = at::kCPU;
};

Processes::Processes() = default;
Processes::~Processes() = default;
Processes::Processes(Processes&&) noexcept = default;
Processes& Processes::operator=(Processes&&) noexcept = default;

Processes Processes::join(at::DeviceType device) {
  Processes processes;
  const ProcessPlace place = process_place();
  processes.size_ = place.count;
  processes.rank_ = place.rank;
  if (processes.size_ == 1) return processes;
  if (!place.local_rank) {
    fail(ErrorCode::invalid_argument,
         "environment variable LOCAL_RANK is missing; start the processes with torchrun, srun or "
         "mpirun");
  }
  processes.group_ = std::make_unique<Group>();
  Group& group = *processes.group_;
  if (device == at::kCUDA) {
    const int64_t gpu = take_own_gpu(*place.local_rank);
    group.device = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(gpu));
  }
  together(processes.rank_, "meeting the other processes", [&] {
    const auto store = open_store(processes.rank_, processes.size_);
    group.group = make_process_group(store, processes.rank_, processes.size_, group.device);
  });
  processes.barrier();
  return processes;
}

at::Device Processes::device() const {
  return group_ ? group_->device : at::kCPU;
}

void Processes::sum(at::Tensor& tensor) const {
  if (!group_) return;
  together(rank_, "a sum over processes", [&] {
    at::Tensor moved = tensor.detach().to(group_->device).contiguous();
    std::vector<at::Tensor> tensors = {moved};
    group_->group->allreduce(tensors)->wait();
    if (!moved.is_same(tensor)) tensor.detach().copy_(moved);
  });
}

double Processes::sum(double value) const {
  at::Tensor tensor = at::scalar_tensor(value, at::kDouble);
  sum(tensor);
  return tensor.item<double>();
}

bool Processes::any(bool value) const {
  return group_ ? sum(value ? 1.0 : 0.0) > 0 : value;
}

std::vector<at::Tensor> Processes::gather(const at::Tensor& tensor) const {
  if (!group_) return {tensor.detach()};
  std::vector<at::Tensor> inputs = {tensor.detach().to(group_->device).contiguous()};
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int64_t i = 0; i < size_; ++i) outputs[0].push_back(at::empty_like(inputs[0]));
  together(rank_, "gathering from all processes",
           [&] { group_->group->allgather(outputs, inputs)->wait(); });
  return outputs[0];
}

void Processes::broadcast(at::Tensor& tensor) const {
  if (!group_) return;
  together(rank_, "a broadcast", [&] {
    at::Tensor moved = tensor.detach().to(group_->device).contiguous();
    std::vector<at::Tensor> tensors = {moved};
    group_->group->broadcast(tensors)->wait();
    tensor.detach().copy_(moved);
  });
}

void Processes::barrier() const {
  if (group_) sum(0.0);
}

void Processes::watch(const std::vector<at::Tensor>& parameters) {
  if (!group_) return;
  const std::vector<bool> dense(parameters.size(), false);
  const auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
      parameters, {c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap}, dense);
  // The last bucket's gradients come first.
  const std::vector<std::vector<size_t>> order(buckets.rbegin(), buckets.rend());
  group_->reducer = make_reducer(
      parameters, order, group_->group, dense, int64_t{c10d::kDefaultBucketBytesCap}, false, false,
      std::unordered_map<size_t, std::string>(), int64_t{c10d::kDefaultFirstBucketBytes});
}

void Processes::prepare_backward(const at::Tensor& loss) const {
  if (!group_ || !group_->reducer) return;
  together(rank_, "exchanging gradients", [&] {
    if (group_->reducer->should_rebuild_buckets()) group_->reducer->rebuild_buckets();
    group_->reducer->prepare_for_backward({loss});
  });
}

}  // namespace fcclip::engine
