#include "fcclip/model/convert.h"

#include <set>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/model/merge_checkpoints.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/published.h"
#include "fcclip/model/recognize.h"
#include "fcclip/model/weight_names.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

std::string missing_half(const TensorShapes& shapes) {
  const CheckpointParts parts = parts_of(shapes);
  if (parts.clip && !parts.head) {
    return "only CLIP's weights are here: the segmentation head (sem_seg_head.* and "
           "void_embedding.weight) is missing; name the FC-CLIP checkpoint as well";
  }
  if (parts.head && !parts.clip) {
    return "only the segmentation head is here: CLIP's weights (backbone.clip_model.*) are "
           "missing; name open_clip's weights of the model it was trained with as well (--clip "
           "FILE)";
  }
  return {};
}

/// What can be said of a tensor without knowing the model's sizes.
void check_alone(const std::string& name, const at::Tensor& tensor) {
  if (is_ignored_tensor(name)) return;
  const bool known = name.starts_with("backbone.clip_model.") ||
                     name.starts_with("sem_seg_head.") || name == "void_embedding.weight" ||
                     name.starts_with("mask_adapter.") || name.starts_with("cdt.");
  if (!known) {
    fail(ErrorCode::missing_tensor, "tensor ", text::printable(name), " ",
         shape_string(tensor.sizes()), " is none of an FC-CLIP model's");
  }
  if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) {
    fail(ErrorCode::missing_tensor, "tensor ", text::printable(name),
         " has values that are not finite; the file is damaged or training diverged");
  }
}

/// Half a model can only be refused; but first for what is wrong with the half that is there.
void check_parts(const Merged& merged) {
  const CheckpointParts parts = parts_of(merged.shapes);
  if (!parts.clip && !parts.head) {
    const std::string form = foreign_form(merged.shapes);
    if (!form.empty()) fail(ErrorCode::unsupported, form);
    fail(ErrorCode::missing_tensor, "no tensor is named as in FC-CLIP or open_clip",
         merged.tensors.empty() ? std::string("; the checkpoint has no tensors at all")
                                : "; the first of " + std::to_string(merged.tensors.size()) +
                                      " is " + text::printable(merged.tensors.begin()->first));
  }
  const std::string half = missing_half(merged.shapes);
  if (half.empty()) return;
  for (const auto& [name, tensor] : merged.tensors) check_alone(name, tensor);
  fail(ErrorCode::missing_tensor, half);
}

Config recognized(const Merged& merged) {
  Config config = recognize(merged.shapes);
  if (merged.clip) {
    config.clip = merged.clip->clip;
    config.pixels = merged.clip->pixels;
  }
  return config;
}

void choose_vocabulary(const Merged& merged, const ConvertOptions& options, Converted& out,
                       Config& config) {
  const int64_t classes = training_classes(merged.shapes);
  if (options.training_vocabulary) config.training_vocabulary = *options.training_vocabulary;
  if (config.training_vocabulary.classes.empty()) {
    classify::Vocabulary published = published_training_vocabulary();
    const auto count = static_cast<int64_t>(published.classes.size());
    if (classes == count || (classes == 0 && find_published(config.clip) != nullptr)) {
      config.training_vocabulary = std::move(published);
      out.notes.push_back("training vocabulary: COCO's " + std::to_string(count) +
                          " panoptic classes");
    } else {
      out.notes.push_back(
          "training vocabulary: unknown, so every class counts as unseen; name it with "
          "--training-vocabulary FILE");
    }
  }
  const auto named = static_cast<int64_t>(config.training_vocabulary.classes.size());
  if (classes != 0 && named != 0 && classes != named) {
    out.notes.push_back("the checkpoint was trained on " + std::to_string(classes) +
                        " classes, the training vocabulary has " + std::to_string(named));
  }
}

/// `is_stated`: options.adjust sets what tensors don't tell of the head.
void note_recognition(const Config& config, bool is_stated, Converted& out) {
  out.notes.push_back("recognised: " + config.name + ", " +
                      std::to_string(config.mask_decoder.queries) + " queries");
  if (!config.naming.is_plain() || config.ensemble.clip_trust > 0) {
    out.notes.push_back("head: " + head_description(config) +
                        "; what tensors don't tell is as published, "
                        "--config FILE sets others");
  }
  if (config.naming.rows && !config.training_vocabulary.classes.empty()) {
    out.notes.push_back("training vocabulary: COCO-Stuff's " +
                        std::to_string(config.training_vocabulary.classes.size()) + " classes");
  }
  if (find_published(config.clip) != nullptr) return;
  const std::string text_heads = std::to_string(config.clip.text.heads);
  out.notes.push_back(
      is_stated
          ? "no published model has this shape: the text tower's attention heads follow the "
            "convention (" +
                text_heads + ")"
          : "no published model has this shape: attention heads follow the convention (text " +
                text_heads + ", decoder " + std::to_string(config.mask_decoder.heads) +
                ") and thresholds are the published ones; --config FILE sets others");
}

std::string halves_text(const std::vector<int64_t>& channels, int64_t embed_dim) {
  std::string text = "channels";
  for (const int64_t count : channels) text += " " + std::to_string(count);
  text += " and an embedding of " + std::to_string(embed_dim);
  for (const PublishedModel& row : published_models()) {
    if (row.clip.feature_channels() == channels && row.clip.embed_dim == embed_dim)
      return text + " (" + row.name + ")";
  }
  return text;
}

/// A head fits the CLIP that it was trained on, and no other.
void check_halves(const Merged& merged, const Config& config) {
  const std::vector<int64_t>& wanted = config.pixel_decoder.in_channels;
  const std::vector<int64_t> given = config.clip.feature_channels();
  const int64_t embed_dim = config.mask_decoder.embed_dim;
  if (wanted == given && embed_dim == config.clip.embed_dim) return;
  fail(ErrorCode::shape_mismatch, "the segmentation head of ", merged.head_file,
       " was made for a CLIP with ", halves_text(wanted, embed_dim), ", the one of ",
       merged.clip_file, " has ", halves_text(given, config.clip.embed_dim),
       "; name the CLIP that the head was trained with");
}

Config choose_config(const Merged& merged, const ConvertOptions& options, Converted& out) {
  Config config;
  if (merged.config) {
    config = *merged.config;
  } else if (options.reference_config.empty()) {
    config = recognized(merged);
    check_halves(merged, config);
    note_recognition(config, options.adjust != nullptr, out);
  } else {
    try {
      config = recognized(merged);
    } catch (const Error&) {
      // The sizes come from the given configuration; what is wrong with the tensors is then said
      // against it.
    }
  }
  if (!options.reference_config.empty()) {
    config = apply_reference_config(std::move(config), options.reference_config);
  }
  if (options.adjust) options.adjust(merged.shapes, config);
  // An embedding that was cut short is as good as a whole one for the ids it has.
  const auto embedding = merged.shapes.find("backbone.clip_model.token_embedding.weight");
  if (embedding != merged.shapes.end() && embedding->second.size() == 2) {
    config.clip.text.vocab_size = embedding->second[0];
  }
  if (!merged.config || config.provenance.empty()) config.provenance = merged.provenance;
  choose_vocabulary(merged, options, out, config);
  return config;
}

/// All that is wrong, the telling problems first, so that one run shows more than the first of
/// them.
void check_tensors(const Merged& merged, const nn::WeightTable& weights) {
  std::vector<std::string> problems;
  ErrorCode code = ErrorCode::missing_tensor;
  std::set<std::string> known;
  std::vector<std::string> missing;
  for (const nn::Weight& row : weights.rows()) {
    known.insert(row.name);
    const auto found = merged.shapes.find(row.name);
    if (found == merged.shapes.end()) {
      missing.push_back("tensor " + row.name + " " + shape_string(row.shape) + " is missing");
    } else if (found->second != row.shape) {
      code = ErrorCode::shape_mismatch;
      problems.push_back("tensor " + row.name + ": expected " + shape_string(row.shape) + ", got " +
                         shape_string(found->second));
    }
  }
  for (const auto& [name, shape] : merged.shapes) {
    if (known.contains(name) || is_ignored_tensor(name)) continue;
    problems.push_back("tensor " + text::printable(name) + " " + shape_string(shape) +
                       " is none of this model's");
  }
  problems.insert(problems.end(), missing.begin(), missing.end());
  if (problems.empty()) return;
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, problems.size()); ++i)
    text += (i == 0 ? "" : "; ") + problems[i];
  if (problems.size() > kShown)
    text += "; and " + std::to_string(problems.size() - kShown) + " more";
  const std::string half = missing_half(merged.shapes);
  fail(code, text, half.empty() ? "" : "; ", half);
}

void set_tokenizer(const Merged& merged, const ConvertOptions& options, Clip& clip) {
  const std::string& merges = options.merges.empty() ? merged.merges : options.merges;
  if (merges.empty()) {
    fail(ErrorCode::not_found,
         "CLIP's merges are needed to make a model file; name the file with --merges");
  }
  clip.tokenizer = make_tokenizer(merges, clip.config.text);
}

}  // namespace

Converted convert(const ConvertOptions& options) {
  const Merged merged = merge_checkpoints(options);
  // With sizes given, every tensor can be held against them, even where half of the model is
  // missing.
  if (options.reference_config.empty() || !parts_of(merged.shapes).head) check_parts(merged);
  Converted out;
  out.notes = merged.notes;
  out.model = std::make_shared<Model>(choose_config(merged, options, out));
  check_tensors(merged, out.model->weights());
  const int64_t read = file_count(options);
  const auto source = [&](const std::string& name) {
    report_step(options, read);
    return merged.tensors.at(name);
  };
  nn::load_weights(out.model->weights(), source, at::kCPU);
  set_tokenizer(merged, options, *out.model->clip);
  report_step(options, read + 1);
  return out;
}

ConvertedClip convert_clip(const ConvertOptions& options) {
  const Merged merged = merge_checkpoints(options);
  const clip::ClipConfig config = merged.clip ? merged.clip->clip : recognize_clip(merged.shapes);
  ConvertedClip out{std::make_shared<Clip>(config), merged.notes};
  check_tensors(merged, out.clip->weights());
  nn::load_weights(
      out.clip->weights(), [&](const std::string& name) { return merged.tensors.at(name); },
      at::kCPU);
  if (merged.clip) out.clip->pixels = merged.clip->pixels;
  out.clip->provenance = merged.provenance;
  set_tokenizer(merged, options, *out.clip);
  report_step(options, file_count(options) + 1);
  return out;
}

}  // namespace fcclip::model
