#pragma once
// The two kinds of files, read and written in one place: safetensors under the published names,
// with metadata that make them self-describing (docs/formats.md).

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "fcclip/core/choice.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/model/model.h"

namespace fcclip::model {

/// A whole model, or a CLIP by itself: what pretraining makes and training starts from.
enum class FileContent { model, clip };

struct FileMetadata {
  FileContent content = FileContent::model;
  Config config;       ///< of a CLIP only the parts clip, pixels and provenance say something
  std::string merges;  ///< the tokenizer's; empty: the file has none
};

/// What a file's metadata say of it; nothing where they are not fcclip's. Throws
/// Error{unsupported} for a format of another version, Error{bad_format} for a damaged
/// configuration.
std::optional<FileMetadata> parse_metadata(const io::Metadata& metadata);

/// The same of a file of either kind, of which no weights are read. Throws Error{not_found,
/// unsupported, bad_format (of another file it says what it is)}.
FileMetadata read_metadata(const std::filesystem::path& path);

/// The configuration of a model file. Throws as read_metadata does, saying what to do; of a CLIP by
/// itself too.
Config load_config(const std::filesystem::path& path);

struct LoadOptions {
  std::function<void(const Model&)> look = {};  ///< sees the model, which is not packed yet
  ops::Products products = ops::Products::float32;
  /// Blocks of the picture tower are packed when they first run: nobody changes weights then, and the
  /// file stays as it is.
  bool pack_at_first_use = false;
};

/// Opens a model file; weights are views of the mapped file on a CPU, all checked here. Pages of the
/// file that were needed to check and pack the weights do not stay in memory. Throws as load_config
/// and ops::need_products() do, and Error{missing_tensor (missing, surplus, not finite),
/// shape_mismatch}.
std::shared_ptr<Model> load_model(const std::filesystem::path& path, at::Device device,
                                  const LoadOptions& options = {});

/// The same for a CLIP's file, or for the CLIP in a model file.
std::shared_ptr<Clip> load_clip(const std::filesystem::path& path, at::Device device = at::kCPU);

/// How matrices can be stored, by name: float32, float16 and bfloat16; `with_int8`: int8 too.
Choices<at::ScalarType> weight_dtypes(bool with_int8 = false);

/// Written atomically. Matrices in `dtype` (float32, float16, bfloat16, or int8 with a scale an output
/// channel, int8_weights.h), vectors in float32.
/// Throws Error{missing_tensor} naming a tensor without values or one that is not finite,
/// Error{unsupported} for values beyond float16, Error{io_failure}.
void save(const std::filesystem::path& path, const Model& model, at::ScalarType dtype = at::kFloat);
void save(const std::filesystem::path& path, const Clip& clip, at::ScalarType dtype = at::kFloat);

/// Names in published checkpoints that carry nothing: loss buffers, step counters, masks, the second
/// CLIP of a training run.
bool is_ignored_tensor(const std::string& name);

}  // namespace fcclip::model
