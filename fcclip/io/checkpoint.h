#pragma once
// Published weights in whatever file they came: torch.save (zip or older), or safetensors.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/io/safetensors.h"

namespace fcclip::io {

struct Checkpoint {
  std::string format;     ///< "safetensors", "torch zip", "torch legacy"
  std::string container;  ///< the key under which the state dict stood: "model", "state_dict" or ""
  NamedTensors tensors;   ///< in the file's order, a "module." before every name dropped
  Metadata metadata;      ///< of safetensors files
  std::vector<std::string> others;   ///< what else the file holds: "optimizer", "iteration", …
  std::optional<int64_t> iteration;  ///< of training, where the file tells

  /// Undefined when there is none.
  at::Tensor find(const std::string& name) const;
};

/// Whether the checksums of zip files are held against their bytes, which reads all of them.
enum class Checksums { skip, verify };

/// Opens a checkpoint. Tensors are views of the mapped file with their recorded strides and dtypes,
/// and keep it alive; they share memory where the file says so and must not be written to. Nothing
/// in the file is run. Throws Error{not_found, io_failure}, Error{bad_format} for anything damaged
/// or of another kind, Error{unsafe_file} when it asks for more than tensors and plain containers,
/// Error{unsupported}.
Checkpoint open_checkpoint(const std::filesystem::path& path,
                           Checksums checksums = Checksums::skip);
Checkpoint open_checkpoint(std::shared_ptr<const MappedFile> file,
                           Checksums checksums = Checksums::skip);

}  // namespace fcclip::io
