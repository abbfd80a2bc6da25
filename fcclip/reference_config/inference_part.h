#pragma once
// What tensors cannot tell of a model. Internal to the folder.

#include <cstdint>
#include <string>
#include <string_view>

#include "fcclip/model/config.h"
#include "fcclip/reference_config/keys.h"

namespace fcclip::reference_config {

std::string lower(std::string text);

/// Throws Error{unsupported} naming key, file and line for a number outside least … most.
int64_t whole_in(const Keys& keys, std::string_view key, int64_t least, int64_t most);

/// Attention heads, activation, ensemble, thresholds, input, training vocabulary. Throws
/// Error{unsupported, bad_format}.
void set_inference(const Keys& keys, model::Config& config);

}  // namespace fcclip::reference_config
