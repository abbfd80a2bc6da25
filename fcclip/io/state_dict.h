#pragma once
// Which of a checkpoint's dicts are weights. Internal to the folder.

#include <optional>
#include <string>
#include <vector>

#include "fcclip/io/pickle_reader.h"

namespace fcclip::io {

/// A dict of weights and where it stands.
struct StateDict {
  PickleRef dict = 0;
  std::string path;  ///< its keys from the root, joined by '.'; "" for the root itself
  std::vector<std::string> others;  ///< what stands beside it
  std::optional<int64_t> iteration;
};

/// The one dict of named tensors, wherever it stands; of several the one that `wanted` names.
/// Optimizers' and schedulers' states do not count, nor dicts with a quarter of the largest one's
/// tensors. Throws Error{bad_format}: no tensors (says what is there instead), or several and
/// `wanted` names none of them (lists them).
StateDict find_state_dict(const PickleDocument& document, const std::string& wanted,
                          const std::string& file);

}  // namespace fcclip::io
