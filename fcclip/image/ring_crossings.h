#pragma once
// Whether rings cross themselves or each other. Internal to the folder.

#include <vector>

#include "fcclip/results/polygon.h"

namespace fcclip::image {

/// True when two edges of the rings have more in common than an end point.
bool rings_cross(const std::vector<results::Ring>& rings);

}  // namespace fcclip::image
