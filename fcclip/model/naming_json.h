#pragma once
// The "head" entry of configurations, under the published codes' names. Internal to the folder.

#include <nlohmann/json.hpp>

#include "fcclip/model/config.h"

namespace fcclip::model {

/// As a model file has it, with its kind.
nlohmann::json json_of(const naming::NamingConfig& config);

/// The same read. Throws Error{bad_format} for an unknown kind; nlohmann's for a missing key.
naming::NamingConfig naming_in(const nlohmann::json& json);

/// Every key that any kind has.
nlohmann::json known_naming();

/// What a configuration in the recorded reference's form says of the head, over what is known of
/// it: "kind" ("coat" too), "clip_trust_weight", and what its kind has. Throws Error{bad_format} for
/// an unknown key or kind, or one that the kind lacks; nlohmann's for a wrong type.
void apply_reference_head(Config& config, const nlohmann::json& json);

}  // namespace fcclip::model
