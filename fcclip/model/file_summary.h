#pragma once
// What a file of weights is: a model file, an FC-CLIP checkpoint, CLIP weights.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/model/config.h"

namespace fcclip::model {

enum class FileKind { model_file, checkpoint, clip, head, tensors };

/// "model file", "FC-CLIP checkpoint", "CLIP weights", "segmentation head", "tensors"
const char* kind_name(FileKind kind);

/// What `fcclip info` shows.
struct FileSummary {
  FileKind kind = FileKind::tensors;
  std::string format;  ///< "safetensors", "torch zip", "torch legacy"
  uint64_t file_bytes = 0;
  std::string container, prefix;  ///< where the weights stood in a checkpoint; see weight_names.h
  int64_t tensors = 0;
  std::optional<Config>
      config;                  ///< of model files, or recognised; only clip's part for CLIP weights
  std::string not_recognized;  ///< why there is no configuration
  std::map<std::string, int64_t>
      parameters;  ///< by part: "image tower", "text tower", "pixel decoder", …
  std::map<std::string, int64_t> dtypes;  ///< number of tensors by element type
  std::vector<std::string> others;        ///< what else a checkpoint holds: "optimizer", …
  std::optional<int64_t> iteration;
  int64_t training_classes = 0;  ///< where a checkpoint tells; else 0
  bool has_merges = false;
};

/// Reads headers and shapes only. container: as ConvertOptions has it. Throws of open_checkpoint.
FileSummary summarize_file(const std::filesystem::path& path, const std::string& container = {});

/// As `fcclip info --json` prints it, indented; bytes that are not UTF-8 become U+FFFD.
std::string to_json(const FileSummary& summary);

}  // namespace fcclip::model
