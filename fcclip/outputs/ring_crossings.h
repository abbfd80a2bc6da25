#pragma once
// Whether rings cross themselves or each other. Internal to the folder.

#include <vector>

#include "fcclip/outputs/polygon.h"

namespace fcclip::outputs {

/// True when two edges of the rings have more in common than an end point.
bool rings_cross(const std::vector<outputs::Ring>& rings);

}  // namespace fcclip::outputs
