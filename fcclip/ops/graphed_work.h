#pragma once
// A model's network, or its trunk, on a GPU: a size of pictures that comes again is recorded, and then replayed as one launch.

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "fcclip/core/log.h"
#include "fcclip/ops/device_graph.h"
#include "fcclip/ops/kept_tensors.h"

namespace fcclip::ops {

/// Of what is kept of recordings. Graphs of one work share the memory in which they compute, that of the largest; each has
/// its own input and results, 80 MB for a picture of 1024 × 1024 and 250 masks, and its launches in the driver.
struct GraphLimits {
  size_t graphs = 16;
  /// Of inputs and results; the size that was recorded last is kept whatever it takes.
  int64_t bytes = int64_t{1} << 30;
  size_t known_sizes = 64;  ///< sizes that are remembered to have come
};

/// Where there is no room for another size it takes that of the one that came least often, once it has come more often itself:
/// many sizes in turn do not drive one another out. A replay that finds no memory gives back that of all of them. Safe to use
/// from several threads.
class GraphedWork {
 public:
  /// What is recorded: reads its input and weights that stay where they are alone; results of any shape, some perhaps undefined.
  using Work = std::function<std::vector<at::Tensor>(const at::Tensor& input)>;

  /// record: graph_recorder's, not empty. log: told once when a recording or a replay fails.
  GraphedWork(Work work, at::Device device, RecordGraph record, LogCallback log = {},
              const GraphLimits& limits = {});
  GraphedWork(const GraphedWork&) = delete;
  GraphedWork& operator=(const GraphedWork&) = delete;
  ~GraphedWork();

  /// input: of any shape and on any device, of one dtype. The work's results, in memory of the caller's own; nothing where it is
  /// the caller's to run it: the first time that a shape comes, and where it can't be recorded.
  std::optional<std::vector<at::Tensor>> run(const at::Tensor& input);

  size_t graphs() const;  ///< kept now

 private:
  // Members go in the reverse order: what the graph reads stays longer than the graph.
  struct Recorded {
    at::Tensor input;
    std::shared_ptr<KeptByWork> kept = std::make_shared<KeptByWork>();
    std::unique_ptr<DeviceGraph> graph = {};
    int64_t bytes() const;
  };
  struct Known {
    std::vector<int64_t> shape;
    int64_t times = 1;  // that it came
    bool is_given_up = false;
    std::unique_ptr<Recorded> recorded = {};
  };

  Known* known(at::IntArrayRef shape);
  std::unique_ptr<Recorded> record(const at::Tensor& input) const;
  static std::vector<at::Tensor> replay(Recorded& recorded, const at::Tensor& input);
  void give_up(Known& size, DeviceTurn& turn, const std::exception& why);
  void forget_all(DeviceTurn& turn);
  size_t count_recorded() const;
  Known* least_wanted(const Known& beside);
  bool may_record(const Known& size);
  void make_room(const Known& beside, DeviceTurn& turn);
  const DeviceGraph* any_graph() const;

  const Work work_;
  const at::Device device_;
  const RecordGraph record_;
  const LogCallback log_;
  const GraphLimits limits_;
  mutable std::mutex mutex_;
  std::list<Known> sizes_;        ///< the one that came last first
  size_t room_ = limits_.graphs;  ///< for recordings, as large as those are that came
  int64_t failures_ = 0;
  bool has_recorded_ = false;
};

}  // namespace fcclip::ops
