#pragma once
// Published weights -> a model.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/model/model.h"

namespace fcclip::model {

/// Where from, and what the file cannot say.
struct ConvertOptions {
  /// FC-CLIP checkpoints, open_clip's CLIP weights, model files, in any mixture; where several have
  /// a tensor, the last one counts.
  std::vector<std::filesystem::path> checkpoints;
  /// Which weights to take of files that hold several: keys joined by '.', or a prefix of names.
  std::string container;
  std::string
      reference_config;  ///< JSON in the recorded reference's form; empty: recognise everything
  std::optional<classify::Vocabulary> training_vocabulary;
  std::string
      merges;         ///< text of CLIP's merge file; may be empty when a checkpoint is a model file
  Progress progress;  ///< of checkpoints read, and the model made of them
};

/// A model made of published files.
struct Converted {
  std::shared_ptr<Model> model;
  std::vector<std::string> notes;  ///< what was assumed, one line each, for the user
};

/// Merges the checkpoints, recognises the architecture, checks every tensor. Weights stay views of
/// the mapped checkpoints where they are float32. Throws of open_checkpoint; Error{missing_tensor}
/// naming tensors that are missing, surplus or not finite, or the half of the model that is;
/// Error{shape_mismatch}; Error{bad_format} for the configuration; Error{not_found} without merges;
/// Error{interrupted}.
Converted convert(const ConvertOptions& options);

}  // namespace fcclip::model
