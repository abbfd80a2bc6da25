#include "fcclip/model/merge_checkpoints.h"

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/io/checkpoint.h"
#include "fcclip/model/int8_weights.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/weight_names.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

std::string source_line(const std::filesystem::path& path, const io::Checkpoint& checkpoint) {
  std::string line = text::printable(path.filename().string());
  if (checkpoint.iteration) line += " (iteration " + std::to_string(*checkpoint.iteration) + ")";
  return line;
}

/// Which of a file's weights were taken, where that was not plain.
void note_choice(const std::string& container, const PublishedWeights& weights,
                 const std::string& file, std::vector<std::string>& notes) {
  std::string note;
  if (!container.empty() && container != "model") note = "weights taken from \"" + container + "\"";
  if (!weights.prefix.empty()) {
    add_to_list(note, "names taken without \"" + weights.prefix + ".\"");
  }
  if (!weights.left_out.empty()) {
    add_to_list(note, std::to_string(weights.left_out.size()) + " other tensors left out (" +
                          text::printable(weights.left_out.front()) + " …)");
  }
  if (!note.empty()) notes.push_back(text::printable(file) + ": " + note);
}

io::Checkpoint open_whole(const std::filesystem::path& path, const std::string& container) {
  io::Checkpoint checkpoint = io::open_checkpoint(path, {io::Checksums::verify, container});
  try {
    restore_int8(checkpoint.tensors);
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": ", error.what());
  }
  return checkpoint;
}

void add(Merged& merged, const std::filesystem::path& path, const std::string& container) {
  const io::Checkpoint checkpoint = open_whole(path, container);
  const PublishedWeights weights = published_weights(checkpoint, container, path.string());
  merged.is_chosen = merged.is_chosen || weights.is_chosen;
  note_choice(checkpoint.container, weights, path.filename().string(), merged.notes);
  for (const auto& [name, tensor] : weights.tensors) {
    merged.tensors[name] = tensor;
    merged.shapes[name] = tensor.sizes().vec();
    const CheckpointParts part = parts_of({{name, {}}});
    if (part.clip) merged.clip_file = text::printable(path.filename().string());
    if (part.head) merged.head_file = text::printable(path.filename().string());
  }
  if (const auto metadata = parse_metadata(checkpoint.metadata)) {
    if (metadata->content == FileContent::model) merged.config = metadata->config;
    if (metadata->content == FileContent::clip) merged.clip = metadata->config;
    if (!metadata->merges.empty()) merged.merges = metadata->merges;
  }
  merged.provenance += merged.provenance.empty() ? "converted from " : " and ";
  merged.provenance += source_line(path, checkpoint);
}

/// What was there of CLIP goes: halves of two would fit nowhere.
void forget_clip(Merged& merged) {
  std::erase_if(merged.tensors, [](const auto& one) { return one.first.starts_with(kClipPrefix); });
  std::erase_if(merged.shapes, [](const auto& one) { return one.first.starts_with(kClipPrefix); });
  merged.clip.reset();
}

/// Of --clip the CLIP alone, whatever else the file holds.
void add_clip(Merged& merged, const std::filesystem::path& path) {
  Merged own;
  add(own, path, "");
  if (!parts_of(own.shapes).clip) {
    fail(ErrorCode::missing_tensor, path.string(), " (--clip) has no CLIP weights: ",
         own.tensors.empty() ? "no tensors at all"
                             : "none of its " + std::to_string(own.tensors.size()) +
                                   " tensors is named as open_clip names them (" +
                                   text::printable(own.tensors.begin()->first) + " …)");
  }
  if (parts_of(merged.shapes).clip) {
    merged.notes.push_back("CLIP's weights are those of " + own.clip_file + ", not of " +
                           merged.clip_file);
  }
  forget_clip(merged);
  for (const auto& [name, tensor] : own.tensors) {
    if (!name.starts_with(kClipPrefix)) continue;
    merged.tensors[name] = tensor;
    merged.shapes[name] = own.shapes.at(name);
  }
  merged.clip = own.clip ? own.clip : own.config;
  if (merged.merges.empty()) merged.merges = own.merges;
  merged.clip_file = own.clip_file;
  merged.provenance += merged.provenance.empty() ? own.provenance : " and " + own.clip_file;
  merged.notes.insert(merged.notes.end(), own.notes.begin(), own.notes.end());
}

}  // namespace

int64_t file_count(const ConvertOptions& options) {
  return std::ssize(options.checkpoints) + (options.clip.empty() ? 0 : 1);
}

void report_step(const ConvertOptions& options, int64_t done) {
  report_progress(options.progress, done, file_count(options) + 1, "steps");
}

Merged merge_checkpoints(const ConvertOptions& options) {
  if (file_count(options) == 0) fail(ErrorCode::invalid_argument, "no checkpoint to convert");
  Merged merged;
  int64_t done = 0;
  for (const std::filesystem::path& path : options.checkpoints) {
    add(merged, path, options.container);
    report_step(options, ++done);
  }
  if (!options.clip.empty()) {
    add_clip(merged, options.clip);
    report_step(options, ++done);
  }
  if (!options.container.empty() && !merged.is_chosen) {
    fail(ErrorCode::invalid_argument, "no weights are called ", options.container,
         " (--container) in what is to be converted");
  }
  return merged;
}

}  // namespace fcclip::model
