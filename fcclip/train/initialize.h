#pragma once
// Where training of a mask generator starts.

#include <cstdint>

#include "fcclip/model/model.h"

namespace fcclip::train {

/// Sets the head's and the void row's weights as the reference's modules initialise themselves
/// (Xavier products, unit norms, sampling offsets in a ring). CLIP's weights are left as they are.
/// A weight depends on seed and its name alone.
void initialize_head(model::Model& model, uint64_t seed);

}  // namespace fcclip::train
