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

at::ScalarType dtype_named(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "float16") return at::kHalf;
  if (name == "bfloat16") return at::kBFloat16;
  fail(ErrorCode::invalid_argument, "dtype is '", name, "'; expected float32, float16 or bfloat16");
}

}  // namespace

std::string info_json(const std::string& path, const std::string& container) {
  return translating_errors([&] { return model::to_json(model::summarize_file(path, container)); });
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
