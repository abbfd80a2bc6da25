#include "fcclip/model/file_summary.h"

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/io/checkpoint.h"
#include "fcclip/model/clip_file.h"
#include "fcclip/model/model.h"
#include "fcclip/model/recognize.h"
#include "fcclip/model/weight_names.h"

namespace fcclip {
namespace {

std::string part_of(const std::string& name) {
  if (is_ignored_tensor(name)) return "not used";
  if (name.starts_with("backbone.clip_model.visual.")) return "image tower";
  if (name.starts_with("backbone.clip_model.")) return "text tower";
  if (name.starts_with("sem_seg_head.pixel_decoder.")) return "pixel decoder";
  if (name.starts_with("sem_seg_head.predictor.")) return "mask decoder";
  return name == "void_embedding.weight" ? "void embedding" : "other";
}

std::string kind_of(const CheckpointParts& parts) {
  if (parts.clip && parts.head) return "FC-CLIP checkpoint";
  if (parts.clip) return "CLIP weights";
  return parts.head ? "segmentation head" : "tensors";
}

void recognize_into(const TensorShapes& shapes, FileSummary& summary) {
  const CheckpointParts parts = parts_of(shapes);
  summary.kind = kind_of(parts);
  summary.not_recognized = foreign_form(shapes);
  ModelConfig config;
  try {
    if (parts.clip) config.clip = recognize_clip(shapes);
    if (parts.head) recognize_head(shapes, config);
    if (!parts.clip) return;
    apply_published_settings(config);
    summary.config = std::move(config);
  } catch (const Error& error) {
    summary.not_recognized = error.what();
  }
}

void read_config(const io::Metadata& metadata, const std::string& text, FileSummary& summary) {
  const auto format = metadata.find("format");
  const bool is_clip = format != metadata.end() && format->second == kClipFormat;
  summary.kind = is_clip ? "CLIP weights" : "model file";
  try {
    summary.config = model_config_from_json(text);
  } catch (const Error& error) {
    summary.not_recognized = error.what();
  }
}

}  // namespace

FileSummary summarize_file(const std::filesystem::path& path, const std::string& container) {
  const io::Checkpoint checkpoint = io::open_checkpoint(path, {io::Checksums::skip, container});
  const PublishedWeights weights = published_weights(checkpoint, container, path.string());
  if (!container.empty() && !weights.is_chosen) {
    fail(ErrorCode::invalid_argument, path.string(), ": no weights are called ", container);
  }
  FileSummary summary;
  summary.format = checkpoint.format;
  summary.file_bytes = std::filesystem::file_size(path);
  summary.tensors = static_cast<int64_t>(checkpoint.tensors.size());
  summary.container = checkpoint.container;
  summary.prefix = weights.prefix;
  summary.others = checkpoint.others;
  summary.iteration = checkpoint.iteration;
  summary.has_merges = checkpoint.metadata.contains("merges");
  TensorShapes shapes;
  for (const auto& [name, tensor] : weights.tensors) {
    shapes[name] = tensor.sizes().vec();
    summary.parameters[part_of(name)] += tensor.numel();
    ++summary.dtypes[std::string(c10::toString(tensor.scalar_type()))];
  }
  summary.training_classes = training_classes(shapes);
  const auto config = checkpoint.metadata.find("fcclip");
  if (config != checkpoint.metadata.end()) {
    read_config(checkpoint.metadata, config->second, summary);
  } else {
    recognize_into(shapes, summary);
  }
  return summary;
}

}  // namespace fcclip
