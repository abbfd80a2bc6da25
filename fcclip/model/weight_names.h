#pragma once
// The names of a checkpoint's tensors as FC-CLIP published them, whatever was put before them.

#include <string>
#include <vector>

#include "fcclip/io/checkpoint.h"
#include "fcclip/model/recognize.h"

namespace fcclip::model {

/// A name as open_clip has it ("visual.trunk.…") or as FC-CLIP has it, in the latter's form.
std::string published_name(const std::string& name);

/// A checkpoint's tensors under the names of the weight table.
struct PublishedWeights {
  io::NamedTensors tensors;           ///< under the published names
  std::string prefix;                 ///< what stood before them ("model", "module.net"), or ""
  std::vector<std::string> left_out;  ///< names outside a prefix: losses, other networks
  bool is_chosen = false;             ///< the container asked for is one of this file's
};

/// Takes off what wrappers leave in names (PyTorch Lightning's attribute, DataParallel's "module",
/// torch.compile's "_orig_mod", FSDP's and activation checkpoints' components) and writes
/// open_clip's names as FC-CLIP does. container: as ConvertOptions has it, names a prefix here.
/// Throws Error{bad_format} naming the file where one tensor is there under several prefixes and
/// none was chosen, or where one name is there with and without a wrapper.
PublishedWeights published_weights(const io::Checkpoint& checkpoint, const std::string& container,
                                   const std::string& file);

/// What the names tell of weights that are neither FC-CLIP's nor open_clip's, and what to do; ""
/// where nothing is known.
std::string foreign_form(const TensorShapes& shapes);

}  // namespace fcclip::model
