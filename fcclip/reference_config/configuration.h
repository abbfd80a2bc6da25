#pragma once
// A configuration of the reference: that it describes a network that can be built here, and what it
// says of a model and of a training.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/model/config.h"
#include "fcclip/model/recognize.h"
#include "fcclip/reference_config/keys.h"

namespace fcclip::reference_config {

struct Configuration {
  std::string file;  ///< the one that was named
  Keys keys;
  std::vector<std::string> notes;  ///< for the user, one line each: unknown keys
};

/// Throws of read_chain; Error{unsupported} naming key, file and line where the network is another
/// than FC-CLIP's. What no file states has the reference's default, also there.
Configuration read_configuration(const std::filesystem::path& path);

/// The same of one text, whose _BASE_ is not followed.
Configuration parse_configuration(const std::string& yaml, const std::string& name);

/// What the file says of a model recognised from tensors (or read from a model file): heads,
/// thresholds, ensemble, input, training vocabulary. What tensors tell too must agree: Error
/// {shape_mismatch} names key, file and line with its value, and the tensor with its own. Throws
/// Error{unsupported, bad_format} for values that cannot be used.
void apply(const Configuration& from, const model::TensorShapes& shapes, model::Config& config);

/// The whole model that the file describes. Throws Error{unsupported} where CLIP_MODEL_NAME is no
/// published CLIP, and as apply does.
model::Config named_model(const Configuration& from);

/// That a CLIP is the one that the file names. Throws Error{shape_mismatch}.
void check_clip(const Configuration& from, const clip::ClipConfig& clip);

/// "panoptic, instance, semantic": what the file switches on.
std::string tasks(const Configuration& from);

/// Settings of `fcclip train` as TOML; what has no counterpart is added to `notes`. Throws
/// Error{unsupported} naming key, file and line for what the training cannot do, Error{bad_format}.
std::string training_settings(const Configuration& from, std::vector<std::string>& notes);

}  // namespace fcclip::reference_config
