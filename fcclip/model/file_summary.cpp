#include "fcclip/model/file_summary.h"

#include <set>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/io/checkpoint.h"
#include "fcclip/model/int8_weights.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/recognize.h"
#include "fcclip/model/weight_names.h"

namespace fcclip::model {
namespace {

std::string part_of(const std::string& name) {
  if (is_ignored_tensor(name)) return "not used";
  if (name.starts_with("backbone.clip_model.visual.")) return "image tower";
  if (name.starts_with("backbone.clip_model.")) return "text tower";
  if (name.starts_with("sem_seg_head.pixel_decoder.")) return "pixel decoder";
  if (name.starts_with("sem_seg_head.predictor.")) return "mask decoder";
  if (name.starts_with("mask_adapter.")) return "mask adapter";
  if (name.starts_with("cdt.")) return "text rows";
  return name == "void_embedding.weight" ? "void embedding" : "other";
}

std::string element_type(at::ScalarType dtype) {
  return dtype == at::kChar ? "8 bits with scales" : c10::toString(dtype);
}

FileKind kind_of(const CheckpointParts& parts) {
  if (parts.clip) return parts.head ? FileKind::checkpoint : FileKind::clip;
  return parts.head ? FileKind::head : FileKind::tensors;
}

void recognize_into(const TensorShapes& shapes, FileSummary& summary) {
  const CheckpointParts parts = parts_of(shapes);
  summary.kind = kind_of(parts);
  summary.not_recognized = foreign_form(shapes);
  try {
    if (parts.clip) {
      summary.config = recognize(shapes);
    } else if (parts.head) {
      Config of_head;
      recognize_head(shapes, of_head);
    }
  } catch (const Error& error) {
    summary.not_recognized = error.what();
  }
}

/// False where the metadata are not fcclip's.
bool read_config(const io::Metadata& metadata, FileSummary& summary) {
  try {
    const std::optional<FileMetadata> own = parse_metadata(metadata);
    if (!own) return false;
    const bool is_clip = own->content == FileContent::clip;
    summary.kind = is_clip ? FileKind::clip : FileKind::model_file;
    summary.config = own->config;
    summary.has_merges = !own->merges.empty();
  } catch (const Error& error) {
    summary.kind = FileKind::model_file;
    summary.not_recognized = error.what();
  }
  return true;
}

}  // namespace

const char* kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::model_file:
      return "model file";
    case FileKind::checkpoint:
      return "FC-CLIP checkpoint";
    case FileKind::clip:
      return "CLIP weights";
    case FileKind::head:
      return "segmentation head";
    case FileKind::tensors:
      break;
  }
  return "tensors";
}

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
  TensorShapes shapes;
  std::set<std::string> scales;
  for (const auto& [name, tensor] : weights.tensors) {
    if (tensor.scalar_type() == at::kChar) scales.insert(int8_scale_name(name));
  }
  for (const auto& [name, tensor] : weights.tensors) {
    if (scales.contains(name)) {  // of the numbers beside them, no weights of their own
      --summary.tensors;
      continue;
    }
    shapes[name] = tensor.sizes().vec();
    summary.parameters[part_of(name)] += tensor.numel();
    ++summary.dtypes[element_type(tensor.scalar_type())];
  }
  summary.training_classes = training_classes(shapes);
  if (!read_config(checkpoint.metadata, summary)) recognize_into(shapes, summary);
  return summary;
}

}  // namespace fcclip::model
