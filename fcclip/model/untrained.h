#pragma once
// Weights without training, for tests, benchmarks and for trying the program before real weights
// are at hand.

#include <cstdint>
#include <string>
#include <vector>

#include "fcclip/model/model.h"

namespace fcclip::model {

/// Sets every weight from a hash of its name, its index and `seed`: the same on every machine.
/// Ranges follow the fan-in, so activations keep their scale and the masks of a picture are mixed;
/// the words mean nothing.
void fill_untrained(Model& model, uint64_t seed);
void fill_untrained(Clip& clip, uint64_t seed);

/// A small configuration: ConvNeXt 1-1-2-1 × 16-32-64-128, 64-wide head, 20 queries, a two-layer
/// text tower.
Config tiny_config();
/// "tiny" and every published model.
std::vector<std::string> preset_names();
/// Throws Error{invalid_argument} naming what there is.
Config preset_config(std::string_view name);
/// "fcclip", "coat", "mask_adapter", "maft_plus", "mask_adapter_maft_plus".
std::vector<std::string> preset_heads();
/// That head on a configuration, with the published settings of the semantic MAFT+ and of its size.
/// Throws as preset_config().
void set_preset_head(Config& config, std::string_view name);

}  // namespace fcclip::model
