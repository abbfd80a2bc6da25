#pragma once
// Weights without training, for tests, benchmarks and for trying the program before real weights
// are at hand.

#include <cstdint>

#include "fcclip/model/model.h"

namespace fcclip {

/// Sets every weight from a hash of its name, its index and `seed`: the same on every machine.
/// Ranges follow the fan-in, so activations keep their scale and the masks of a picture are mixed;
/// the words mean nothing.
void fill_untrained(Model& model, uint64_t seed);

/// A small configuration: ConvNeXt 1-1-2-1 × 16-32-64-128, 64-wide head, 20 queries, a two-layer
/// text tower.
ModelConfig tiny_config();
/// convnext_base_w_320, convnext_large_d_320, RN50 … as published, or "tiny".
/// Throws Error{invalid_argument} naming what there is.
ModelConfig preset_config(std::string_view name);

}  // namespace fcclip
