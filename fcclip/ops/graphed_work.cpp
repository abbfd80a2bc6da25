#include "fcclip/ops/graphed_work.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/boundary.h"

namespace fcclip::ops {
namespace {

// A device that could not record three sizes, and none before, will not record the next.
constexpr int64_t kMostFailures = 3;

int64_t bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
}

}  // namespace

int64_t GraphedWork::Recorded::bytes() const {
  int64_t sum = bytes_of(input);
  for (const at::Tensor& output : graph->outputs()) sum += bytes_of(output);
  return sum;
}

GraphedWork::GraphedWork(Work work, at::Device device, RecordGraph record, LogCallback log,
                         const GraphLimits& limits)
    : work_(std::move(work)),
      device_(device),
      record_(std::move(record)),
      log_(std::move(log)),
      limits_(limits) {}

GraphedWork::~GraphedWork() {
  if (graphs() == 0) return;
  try {
    DeviceTurn turn(device_);
    turn.wait();
    sizes_.clear();
  } catch (const std::exception&) {
    // The device is broken; the graphs go all the same.
  }
}

size_t GraphedWork::graphs() const {
  const std::lock_guard lock(mutex_);
  return count_recorded();
}

size_t GraphedWork::count_recorded() const {
  return static_cast<size_t>(
      std::ranges::count_if(sizes_, [](const Known& one) { return one.recorded != nullptr; }));
}

std::optional<std::vector<at::Tensor>> GraphedWork::run(const at::Tensor& input) {
  const std::lock_guard lock(mutex_);
  if (!has_recorded_ && failures_ >= kMostFailures) return {};
  Known* const size = known(input.sizes());
  if (size == nullptr || size->is_given_up || !may_record(*size)) return {};
  DeviceTurn turn(device_);
  const bool is_new = size->recorded == nullptr;
  try {
    if (is_new) {
      size->recorded = record(input);
      has_recorded_ = true;
      make_room(*size, turn);
    }
    return replay(*size->recorded, input);
  } catch (const std::exception& error) {
    if (!is_new && as_error(error).code() == ErrorCode::out_of_memory) {
      forget_all(turn);
    } else {
      give_up(*size, turn, error);
    }
    return {};
  }
}

// Moved to the front; null when it has not come before.
GraphedWork::Known* GraphedWork::known(at::IntArrayRef shape) {
  const auto found = std::ranges::find_if(
      sizes_, [&](const Known& one) { return at::IntArrayRef(one.shape) == shape; });
  if (found != sizes_.end()) {
    sizes_.splice(sizes_.begin(), sizes_, found);
    ++sizes_.front().times;
    return &sizes_.front();
  }
  sizes_.push_front({shape.vec()});
  if (sizes_.size() > limits_.known_sizes) {
    const auto last = std::find_if(sizes_.rbegin(), sizes_.rend(),
                                   [](const Known& one) { return one.recorded == nullptr; });
    sizes_.erase(std::next(last).base());
  }
  return nullptr;
}

std::unique_ptr<GraphedWork::Recorded> GraphedWork::record(const at::Tensor& input) const {
  auto recorded = std::make_unique<Recorded>();
  recorded->input = at::empty(input.sizes(), input.options().device(device_));
  recorded->input.copy_(input);
  auto run = std::make_shared<KeptByWork::Run>(KeptByWork::Run::first);
  const auto work = [own = work_, input = recorded->input, kept = recorded->kept, run] {
    const KeptByWork::Open open(*kept, std::exchange(*run, KeptByWork::Run::again));
    return own(input);
  };
  recorded->graph = record_(device_, work, any_graph());
  if (!recorded->graph) fail(ErrorCode::unsupported, "the device has none");
  return recorded;
}

std::vector<at::Tensor> GraphedWork::replay(Recorded& recorded, const at::Tensor& input) {
  recorded.input.copy_(input);
  recorded.graph->replay();
  std::vector<at::Tensor> own;
  for (const at::Tensor& output : recorded.graph->outputs()) {
    own.push_back(output.defined() ? output.clone() : output);
  }
  return own;
}

void GraphedWork::give_up(Known& size, DeviceTurn& turn, const std::exception& why) {
  try {
    turn.wait();
  } catch (const std::exception&) {
    // The device is broken: whoever runs the network now is told so.
  }
  size.recorded.reset();
  size.is_given_up = true;
  if (failures_++ > 0 || !log_) return;
  log_(LogLevel::warning,
       "pictures of one size are not replayed from a recording, and take longer: " +
           std::string(as_error(why).what()) + "; FCCLIP_CUDA_GRAPHS=0 records none");
}

// The plain way, which is taken now, finds their memory.
void GraphedWork::forget_all(DeviceTurn& turn) {
  turn.wait();
  for (Known& one : sizes_) one.recorded.reset();
}

// Of those recorded the one that came least often; of equal ones that which was away longest. Null: there is no other.
GraphedWork::Known* GraphedWork::least_wanted(const Known& beside) {
  Known* least = nullptr;
  for (Known& one : sizes_) {
    if (!one.recorded || &one == &beside) continue;
    if (least == nullptr || one.times <= least->times) least = &one;
  }
  return least;
}

bool GraphedWork::may_record(const Known& size) {
  if (size.recorded) return true;
  if (count_recorded() < room_) return true;
  const Known* const least = least_wanted(size);
  return least == nullptr || least->times < size.times;
}

void GraphedWork::make_room(const Known& beside, DeviceTurn& turn) {
  while (true) {
    const size_t graphs = count_recorded();
    int64_t bytes = 0;
    for (const Known& one : sizes_) bytes += one.recorded ? one.recorded->bytes() : 0;
    Known* const least = least_wanted(beside);
    if (least == nullptr || (graphs <= limits_.graphs && bytes <= limits_.bytes)) return;
    turn.wait();
    least->recorded.reset();
    room_ = std::max<size_t>(graphs - 1, 1);
  }
}

const DeviceGraph* GraphedWork::any_graph() const {
  for (const Known& one : sizes_) {
    if (one.recorded) return one.recorded->graph.get();
  }
  return nullptr;
}

}  // namespace fcclip::ops
