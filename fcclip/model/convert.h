#pragma once
// Published weights -> a model.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/model/model.h"
#include "fcclip/model/recognize.h"

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
  /// File of which CLIP's weights are taken, and nothing else; empty: they are in the checkpoints.
  std::filesystem::path clip;
  /// Sets what tensors can't tell, and throws where they tell something else; after recognition.
  std::function<void(const TensorShapes& shapes, Config& config)> adjust;
};

/// A model made of published files.
struct Converted {
  std::shared_ptr<Model> model;
  std::vector<std::string> notes;  ///< what was assumed, one line each, for the user
};

/// A CLIP by itself, to train a head on.
struct ConvertedClip {
  std::shared_ptr<Clip> clip;
  std::vector<std::string> notes;
};

/// Merges the checkpoints, recognises the architecture, checks every tensor. Weights stay views of
/// the mapped checkpoints where they are float32. Throws of open_checkpoint; Error{missing_tensor}
/// naming tensors that are missing, surplus or not finite, or the half of the model that is;
/// Error{shape_mismatch}, of a head and a CLIP that don't fit with both files and sizes;
/// Error{bad_format} for the configuration; Error{not_found} without merges; Error{interrupted};
/// what options.adjust throws.
Converted convert(const ConvertOptions& options);

/// The same of options.clip alone. Throws as convert does.
ConvertedClip convert_clip(const ConvertOptions& options);

}  // namespace fcclip::model
