#pragma once
// Several files of weights as one. Internal to the folder.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/model/convert.h"
#include "fcclip/model/recognize.h"

namespace fcclip::model {

/// All checkpoints as one, under the published names.
struct Merged {
  std::map<std::string, at::Tensor> tensors;
  TensorShapes shapes;
  std::optional<Config> config;  ///< of a model file
  std::optional<Config> clip;    ///< of a CLIP's file
  std::string merges, provenance;
  std::string clip_file, head_file;  ///< the last one with tensors of that half
  std::vector<std::string> notes;
  bool is_chosen = false;  ///< some file has the container asked for
};

/// Opens options.checkpoints in their order, then options.clip, whose CLIP takes the place of
/// theirs. Throws of open_checkpoint; Error{invalid_argument} without a file, or where none has the
/// container; Error{missing_tensor} where options.clip has no CLIP; Error{interrupted}.
Merged merge_checkpoints(const ConvertOptions& options);

/// Tells options.progress of files read, and of the model made of them as one step more.
void report_step(const ConvertOptions& options, int64_t done);
int64_t file_count(const ConvertOptions& options);

}  // namespace fcclip::model
