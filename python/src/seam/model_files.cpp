#include <nlohmann/json.hpp>

#include "fcclip/api/words.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/core/boundary.h"
#include "fcclip/io/checkpoint.h"
#include "fcclip/model/convert.h"
#include "fcclip/model/file_summary.h"
#include "fcclip/model/model_file.h"
#include "python/src/seam/seam.h"

namespace fcclip::seam {
namespace {

// Of CLIP weights only what belongs to CLIP: the rest are defaults of a head that is not there.
nlohmann::json config_json(const model::FileSummary& summary) {
  nlohmann::json config = nlohmann::json::parse(model::to_json(*summary.config));
  if (summary.kind != model::FileKind::clip) return config;
  nlohmann::json clip;
  for (const char* key : {"name", "clip", "pixels", "provenance"}) clip[key] = config[key];
  return clip;
}

nlohmann::json summary_json(const model::FileSummary& summary) {
  nlohmann::json json = {{"kind", model::kind_name(summary.kind)},
                         {"format", summary.format},
                         {"file_bytes", summary.file_bytes},
                         {"tensors", summary.tensors},
                         {"parameters", summary.parameters},
                         {"dtypes", summary.dtypes},
                         {"others", summary.others},
                         {"has_merges", summary.has_merges}};
  if (summary.config) json["config"] = config_json(summary);
  if (!summary.container.empty()) json["container"] = summary.container;
  if (!summary.prefix.empty()) json["prefix"] = summary.prefix;
  if (!summary.not_recognized.empty()) json["not_recognized"] = summary.not_recognized;
  if (summary.iteration) json["iteration"] = *summary.iteration;
  if (summary.training_classes > 0) json["training_classes"] = summary.training_classes;
  return json;
}

at::ScalarType dtype_named(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float16") return at::kHalf;
  if (name == "bfloat16") return at::kBFloat16;
  fail(ErrorCode::invalid_argument, "dtype is '", name, "'; expected float32, float16 or bfloat16");
}

}  // namespace

std::string info_json(const std::string& path, const std::string& container) {
  return translating_errors([&] {
    return summary_json(model::summarize_file(path, container))
        .dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  });
}

bool has_merges(const std::string& path) {
  return translating_errors([&] {
    const auto metadata = model::parse_metadata(io::open_metadata(path));
    return metadata && !metadata->merges.empty();
  });
}

std::vector<std::string> convert(const ConvertRequest& request, const Progress& progress) {
  return translating_errors([&] {
    const at::ScalarType dtype = dtype_named(request.dtype);
    model::ConvertOptions options;
    options.checkpoints.assign(request.checkpoints.begin(), request.checkpoints.end());
    options.container = request.container;
    options.reference_config = request.reference_config;
    options.merges = request.merges;
    options.progress = progress;
    if (request.training_words)
      options.training_vocabulary = vocabulary_of(*request.training_words);
    const model::Converted converted = model::convert(options);
    model::save(request.output, *converted.model, dtype);
    return converted.notes;
  });
}

std::vector<std::vector<int64_t>> tokenize(const std::string& model,
                                           const std::vector<std::string>& texts, bool padded) {
  return translating_errors([&] {
    const model::FileMetadata metadata = model::read_metadata(model);
    if (metadata.merges.empty()) {
      fail(ErrorCode::bad_format, model,
           ": no merges in this file's metadata; expected a model file of fcclip convert");
    }
    const auto tokenizer = model::make_tokenizer(metadata.merges, metadata.config.clip.text);
    std::vector<std::vector<int64_t>> ids;
    for (const std::string& text : texts)
      ids.push_back(padded ? tokenizer->encode_padded(text) : tokenizer->encode(text));
    return ids;
  });
}

}  // namespace fcclip::seam
