#include "fcclip/engine/training_place.h"

#include <ATen/Context.h>

#include "fcclip/core/device.h"

namespace fcclip::engine {

TrainingPlace join_training(const std::string& device) {
  TrainingPlace place{{}, parse_device(device)};
  if (place.device.is_cuda()) at::globalContext().setFloat32MatmulPrecision("high");
  place.processes = Processes::join(place.device.type());
  if (place.device.is_cuda() && place.processes.size() > 1) {
    place.device = place.processes.device();
  }
  return place;
}

}  // namespace fcclip::engine
