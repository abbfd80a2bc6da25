#pragma once
// Where a training runs: its processes and this one's device.

#include <string>

#include "fcclip/engine/processes.h"

namespace fcclip::engine {

/// The processes of a training, and what this one computes on.
struct TrainingPlace {
  Processes processes;  ///< all of them, this one joined
  at::Device device;    ///< of this one alone
};

/// Joins the other processes; of several on GPUs each takes its own. Matrix products on a GPU take
/// TF32, as mixed precision would round them further. Throws what parse_device() and
/// Processes::join() throw.
TrainingPlace join_training(const std::string& device);

}  // namespace fcclip::engine
