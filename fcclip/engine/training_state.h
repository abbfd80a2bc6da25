#pragma once
// Checkpoints of a run: everything that the next step depends on, in one file.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace fcclip::engine {

/// All that a run needs to go on.
struct TrainingState {
  int64_t step = 0;                           ///< steps done
  std::map<std::string, at::Tensor> tensors;  ///< weights, moments, averages; by name
  std::map<std::string, std::string> notes;   ///< small values and settings, as text
};

/// Which checkpoints stay.
struct KeptCheckpoints {
  int64_t newest = 2;  ///< so many, at least one
  int64_t every = 0;   ///< those whose step is a multiple, too; 0: none. run_loop writes them
};

/// A folder of `step-000100.safetensors`. Files appear whole, by rename; what is not to be kept
/// goes with the next.
class CheckpointFolder {
 public:
  /// Makes the folder. Throws Error{io_failure}.
  explicit CheckpointFolder(std::filesystem::path folder, KeptCheckpoints kept = {});
  /// Also removes what a killed process left half-written.
  void save(const TrainingState& state) const;
  /// The newest checkpoint, or nothing in an empty folder. Throws Error{bad_format} naming a file
  /// that cannot be read.
  std::optional<TrainingState> latest() const;
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::vector<std::pair<int64_t, std::filesystem::path>> files() const;

  std::filesystem::path folder_;
  KeptCheckpoints kept_;
};

/// Of a checkpoint that was written. Throws Error{not_found, io_failure, bad_format}.
TrainingState read_state(const std::filesystem::path& file);

}  // namespace fcclip::engine
