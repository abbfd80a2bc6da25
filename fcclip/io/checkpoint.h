#pragma once
// Published weights in whatever file they came: torch.save (zip or older), or safetensors.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/io/safetensors.h"

namespace fcclip::io {

/// The tensors of a file and what stands beside them.
struct Checkpoint {
  std::string format;  ///< "safetensors", "torch zip", "torch legacy"
  std::string
      container;  ///< the keys under which the state dict stood: "model", "ema.state_dict", ""
  NamedTensors tensors;              ///< in the file's order, a "module." before every name dropped
  Metadata metadata;                 ///< of safetensors files
  std::vector<std::string> others;   ///< what else the file holds: "optimizer", "iteration", …
  std::optional<int64_t> iteration;  ///< of training, where the file tells

  /// Of any shape; undefined when there is none.
  at::Tensor find(const std::string& name) const;
};

/// Whether the checksums of zip files are held against their bytes, which reads all of them.
enum class Checksums { skip, verify };

/// What to look at in a file.
struct OpenOptions {
  Checksums checksums = Checksums::skip;
  /// Of several state dicts in one file: the keys of the one to take, joined by '.', perhaps
  /// followed by a prefix of its tensors' names. Ignored by files that have no such keys.
  std::string container;
};

/// Opens a checkpoint. Tensors are views of the mapped file with their recorded strides and dtypes,
/// and keep it alive; they share memory where the file says so and must not be written to. Nothing
/// in the file is run. Throws Error{not_found, io_failure}, Error{bad_format} for anything damaged
/// or of another kind (says which), or for several state dicts of which none was chosen (says
/// which there are), Error{unsafe_file} when it asks for more than tensors and plain containers,
/// Error{unsupported}.
Checkpoint open_checkpoint(const std::filesystem::path& path, const OpenOptions& options = {});
Checkpoint open_checkpoint(std::shared_ptr<const MappedFile> file, const OpenOptions& options = {});

/// The metadata of a safetensors file; none of another kind of file. Throws as open_checkpoint does
/// for a file that is not there, or a damaged header.
Metadata open_metadata(const std::filesystem::path& path);

}  // namespace fcclip::io
