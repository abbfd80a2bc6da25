#pragma once
// Where a training runs: its processes and this one's device.

#include <string>

#include "fcclip/engine/processes.h"

namespace fcclip::engine {

struct TrainingPlace {
  Processes processes;
  at::Device device;
};

/// Joins the other processes; of several on GPUs each takes its own. Matrix products on a GPU take
/// TF32, as mixed precision would round them further. Throws what parse_device() and
/// Processes::join() throw.
TrainingPlace join_training(const std::string& device);

}  // namespace fcclip::engine
