#pragma once
// One model's network on a GPU: a size of pictures that comes again is recorded, and then replayed as one launch.

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "fcclip/core/log.h"
#include "fcclip/ops/device_graph.h"
#include "fcclip/ops/kept_tensors.h"
#include "fcclip/segmenter/network.h"

namespace fcclip::segmenter {

/// Of what is kept of recordings. Graphs of one model share the memory in which they compute, that of the largest; each has
/// its own input and results, 80 MB for a picture of 1024 × 1024 and 250 masks, and its launches in the driver.
struct GraphLimits {
  size_t graphs = 16;
  int64_t bytes =
      int64_t{1}
      << 30;  ///< of inputs and results; the size that came last is kept whatever it takes
  size_t known_sizes = 64;  ///< sizes that are remembered to have come
};

/// Safe to use from several threads.
class GraphedNetwork {
 public:
  /// What is recorded: run_network of a model whose weights stay where they are.
  using Network = std::function<NetworkResult(const at::Tensor& pixels)>;

  /// record: ops::graph_recorder's, not empty. log: told once when a recording or a replay fails.
  GraphedNetwork(Network network, at::Device device, ops::RecordGraph record, LogCallback log = {},
                 const GraphLimits& limits = {});
  GraphedNetwork(const GraphedNetwork&) = delete;
  GraphedNetwork& operator=(const GraphedNetwork&) = delete;
  ~GraphedNetwork();

  /// pixels [B, H, W, 3] on any device. What the network says of them, in memory of the caller's own; nothing where it is
  /// the caller's to run it: the first time that a shape comes, and where it can't be recorded.
  std::optional<NetworkResult> run(const at::Tensor& pixels);

  size_t graphs() const;  ///< kept now

 private:
  // Members go in the reverse order: what the graph reads stays longer than the graph.
  struct Recorded {
    at::Tensor input;
    std::shared_ptr<ops::KeptByWork> kept = std::make_shared<ops::KeptByWork>();
    std::unique_ptr<ops::DeviceGraph> graph = {};
    int64_t bytes() const;
  };
  struct Known {
    std::vector<int64_t> shape;
    bool is_given_up = false;
    std::unique_ptr<Recorded> recorded = {};
  };

  Known* known(at::IntArrayRef shape);
  std::unique_ptr<Recorded> record(const at::Tensor& pixels) const;
  NetworkResult replay(Recorded& recorded, const at::Tensor& pixels) const;
  void give_up(Known& size, ops::DeviceTurn& turn, const std::exception& why);
  void make_room(ops::DeviceTurn& turn);
  const ops::DeviceGraph* any_graph() const;

  const Network network_;
  const at::Device device_;
  const ops::RecordGraph record_;
  const LogCallback log_;
  const GraphLimits limits_;
  mutable std::mutex mutex_;
  std::list<Known> sizes_;  ///< the one that came last first
  int64_t failures_ = 0;
  bool has_recorded_ = false;
};

}  // namespace fcclip::segmenter
