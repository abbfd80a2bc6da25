#include "fcclip/nn/path.h"

#include <c10/core/GradMode.h>

namespace fcclip::nn {

Path choose_path(bool is_prepared, const Trace& trace) {
  return is_prepared && !c10::GradMode::is_enabled() && !trace ? Path::packed : Path::plain;
}

}  // namespace fcclip::nn
