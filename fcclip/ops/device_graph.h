#pragma once
// Work of a device that was recorded once: its launches, a thousand for one picture, go out as one.

#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fcclip::ops {

/// Launches that were recorded, with the memory that they use.
class DeviceGraph {
 public:
  DeviceGraph() = default;
  DeviceGraph(const DeviceGraph&) = delete;
  DeviceGraph& operator=(const DeviceGraph&) = delete;
  virtual ~DeviceGraph() = default;

  /// Puts the work into the device's current stream, on what its inputs hold then. Throws Error{internal} with the device's
  /// words. Within a DeviceTurn.
  virtual void replay() = 0;

  /// What the work returned, of any shapes: the memory that each replay writes anew. To be copied before the turn ends; not to be kept.
  const std::vector<at::Tensor>& outputs() const { return outputs_; }

 protected:
  std::vector<at::Tensor> outputs_;
};

/// Launches on one device, from inputs of its own to outputs that it makes. Reads nothing back, and launches the same each
/// time: what its first run puts by (packed weights, constants) is there in the second. Tensors that it reads and has not made
/// must stay where they are as long as a graph of it lives. May be called by another thread than the one that hands it over,
/// which waits meanwhile and whose locks it must not want.
using DeviceWork = std::function<std::vector<at::Tensor>()>;

/// Runs the work once, to warm up, and then records it: null where the device has no graphs. Nothing is in outputs() until
/// the first replay. Throws what the work throws, and Error{internal} when the device can't record it; then nothing is left
/// of it. Within a DeviceTurn.
///   beside  another graph of the device, or null: the two never run at once, so they share their memory
using RecordGraph = std::function<std::unique_ptr<DeviceGraph>(
    at::Device device, const DeviceWork& work, const DeviceGraph* beside)>;

/// The device's own; empty on a processor, where CUDA's side of this build lacks its module, and where FCCLIP_CUDA_GRAPHS is
/// 0. Throws Error{invalid_argument} when that variable is neither 0 nor 1.
RecordGraph graph_recorder(at::Device device);

/// A device's graphs are recorded and replayed in turns, those of all models: they may share memory. A turn begins behind
/// those before it on the device too, whichever streams they and this one use.
class DeviceTurn {
 public:
  /// Waits for the turns of other threads to be launched, not to be done.
  explicit DeviceTurn(at::Device device);
  DeviceTurn(const DeviceTurn&) = delete;
  DeviceTurn& operator=(const DeviceTurn&) = delete;
  ~DeviceTurn();

  /// Waits until the device has done what this turn and those before put into it: a graph may then go.
  void wait();

 private:
  struct Line;
  static Line& line_of(at::Device device);

  const at::Device device_;
  Line& line_;
};

}  // namespace fcclip::ops
