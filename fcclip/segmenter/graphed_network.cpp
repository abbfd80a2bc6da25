#include "fcclip/segmenter/graphed_network.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/boundary.h"

namespace fcclip::segmenter {
namespace {

// A device that could not record three sizes, and none before, will not record the next.
constexpr int64_t kMostFailures = 3;

std::vector<at::Tensor> tensors_of(const NetworkResult& result) {
  return {result.mask_logits, result.class_embed, result.clip_embed, result.valid, result.dense};
}

int64_t bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
}

}  // namespace

int64_t GraphedNetwork::Recorded::bytes() const {
  int64_t sum = bytes_of(input);
  for (const at::Tensor& output : graph->outputs()) sum += bytes_of(output);
  return sum;
}

GraphedNetwork::GraphedNetwork(Network network, at::Device device, ops::RecordGraph record,
                               LogCallback log, const GraphLimits& limits)
    : network_(std::move(network)),
      device_(device),
      record_(std::move(record)),
      log_(std::move(log)),
      limits_(limits) {}

GraphedNetwork::~GraphedNetwork() {
  if (graphs() == 0) return;
  try {
    ops::DeviceTurn turn(device_);
    turn.wait();
    sizes_.clear();
  } catch (const std::exception&) {
    // The device is broken; the graphs go all the same.
  }
}

size_t GraphedNetwork::graphs() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(sizes_, [](const Known& one) { return one.recorded != nullptr; }));
}

std::optional<NetworkResult> GraphedNetwork::run(const at::Tensor& pixels) {
  const std::lock_guard lock(mutex_);
  if (!has_recorded_ && failures_ >= kMostFailures) return {};
  Known* const size = known(pixels.sizes());
  if (size == nullptr || size->is_given_up) return {};
  ops::DeviceTurn turn(device_);
  try {
    if (!size->recorded) {
      size->recorded = record(pixels);
      has_recorded_ = true;
      make_room(turn);
    }
    return replay(*size->recorded, pixels);
  } catch (const std::exception& error) {
    give_up(*size, turn, error);
    return {};
  }
}

// Moved to the front; null when it has not come before.
GraphedNetwork::Known* GraphedNetwork::known(at::IntArrayRef shape) {
  const auto found = std::ranges::find_if(
      sizes_, [&](const Known& one) { return at::IntArrayRef(one.shape) == shape; });
  if (found != sizes_.end()) {
    sizes_.splice(sizes_.begin(), sizes_, found);
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

std::unique_ptr<GraphedNetwork::Recorded> GraphedNetwork::record(const at::Tensor& pixels) const {
  auto recorded = std::make_unique<Recorded>();
  recorded->input = at::empty(pixels.sizes(), pixels.options().device(device_));
  recorded->input.copy_(pixels);
  auto run = std::make_shared<ops::KeptByWork::Run>(ops::KeptByWork::Run::first);
  const auto work = [network = network_, input = recorded->input, kept = recorded->kept, run] {
    const ops::KeptByWork::Open open(*kept, std::exchange(*run, ops::KeptByWork::Run::again));
    return tensors_of(network(input));
  };
  recorded->graph = record_(device_, work, any_graph());
  if (!recorded->graph) fail(ErrorCode::unsupported, "the device has none");
  return recorded;
}

NetworkResult GraphedNetwork::replay(Recorded& recorded, const at::Tensor& pixels) const {
  recorded.input.copy_(pixels);
  recorded.graph->replay();
  std::vector<at::Tensor> own;
  for (const at::Tensor& output : recorded.graph->outputs()) {
    own.push_back(output.defined() ? output.clone() : output);
  }
  return {own.at(0), own.at(1), own.at(2), own.at(3), own.at(4)};
}

void GraphedNetwork::give_up(Known& size, ops::DeviceTurn& turn, const std::exception& why) {
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

// The size that came last is the first, and stays.
void GraphedNetwork::make_room(ops::DeviceTurn& turn) {
  size_t graphs = 0;
  int64_t bytes = 0;
  for (auto one = sizes_.begin(); one != sizes_.end();) {
    const auto next = std::next(one);
    if (one->recorded) {
      ++graphs;
      bytes += one->recorded->bytes();
      if (graphs > 1 && (graphs > limits_.graphs || bytes > limits_.bytes)) {
        turn.wait();
        sizes_.erase(one);
      }
    }
    one = next;
  }
}

const ops::DeviceGraph* GraphedNetwork::any_graph() const {
  for (const Known& one : sizes_) {
    if (one.recorded) return one.recorded->graph.get();
  }
  return nullptr;
}

}  // namespace fcclip::segmenter
