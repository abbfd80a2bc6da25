#pragma once
// What a training says of a step.

#include <string>

#include "fcclip/engine/loop.h"

namespace fcclip::engine {

/// "step 20/400  loss 45.123  class 4.100  …  rate 0.0001  1.40 steps/s  4 min 31 s left"; of an
/// evaluation "step 20/400  PQ 12.3  …".
std::string step_line(const StepReport& now);

}  // namespace fcclip::engine
