// Model files: safetensors with the published names, and metadata that make them self-describing.

#include <set>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/io/mapped_file.h"
#include "fcclip/model/clip_file.h"
#include "fcclip/model/model.h"
#include "fcclip/model/weight_names.h"
#include "fcclip/text/printable.h"

namespace fcclip {
namespace {

constexpr const char* kFormatKey = "format";
constexpr const char* kFormat = "fcclip-model-1";
constexpr const char* kConfigKey = "fcclip";
constexpr const char* kMergesKey = "merges";

/// "model.pth" -> "fcclip convert model.pth -o model.safetensors"
std::string convert_command(const std::filesystem::path& path) {
  std::string target = path.stem().string() + ".safetensors";
  if (path.filename() == target) target = "MODEL.safetensors";
  return "fcclip convert " + path.string() + " -o " + target;
}

/// A file of another kind: what it is, and what to do.
void require_safetensors(const io::MappedFile& file) {
  const auto bytes = file.bytes();
  const io::FileKind kind =
      io::file_kind({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (kind.form == io::WeightForm::safetensors) return;
  const std::string advice =
      kind.form == io::WeightForm::torch ? "make one of it: " + convert_command(file.path())
      : kind.advice.empty()
          ? "expected a .safetensors file that fcclip convert, train or init wrote"
          : kind.advice;
  fail(ErrorCode::bad_format, file.path().string(), " is ", kind.what,
       ", no model file of fcclip; ", advice);
}

[[noreturn]] void refuse_other_weights(const io::SafetensorsFile& file,
                                       const std::filesystem::path& path) {
  TensorShapes shapes;
  for (const std::string& name : file.names()) shapes[published_name(name)] = {};
  const CheckpointParts parts = parts_of(shapes);
  if (parts.clip && !parts.head) {
    fail(ErrorCode::bad_format, path.string(),
         " is only a CLIP, no mask generator: name it to fcclip convert together with an FC-CLIP "
         "checkpoint, or train a mask generator on it");
  }
  const std::string form = foreign_form(shapes);
  if (!form.empty()) fail(ErrorCode::unsupported, path.string(), ": ", form);
  fail(ErrorCode::bad_format, path.string(),
       " is a safetensors file, but no model file of fcclip (its metadata do not say so); make one "
       "of it: ",
       convert_command(path));
}

ModelConfig read_model_config(const io::SafetensorsFile& file, const std::filesystem::path& path) {
  const io::Metadata& metadata = file.metadata();
  const auto text = metadata.find(kConfigKey), format = metadata.find(kFormatKey);
  if (text == metadata.end() || format == metadata.end()) refuse_other_weights(file, path);
  if (format->second == kClipFormat) {
    fail(ErrorCode::bad_format, path.string(),
         " is only a CLIP, no mask generator; train one on it: fcclip train --set model.clip=",
         path.string(), " (docs/training.md)");
  }
  if (format->second != kFormat) {
    fail(ErrorCode::unsupported, path.string(), ": model file format ",
         text::printable(format->second), ", expected ", kFormat, "; made by a newer version?");
  }
  try {
    return model_config_from_json(text->second);
  } catch (const Error& error) {
    fail(error.code(), path.string(), ": ", error.what());
  }
}

std::unique_ptr<Model> build(ModelConfig config, const std::string& file) {
  try {
    return std::make_unique<Model>(std::move(config));
  } catch (const Error& error) {
    // Sizes that contradict each other are the file's fault here, not the caller's.
    fail(ErrorCode::bad_format, file, ": ", error.what());
  }
}

void check_no_surplus(const Model& model, const io::SafetensorsFile& file,
                      const std::string& path) {
  std::set<std::string_view> known;
  for (const nn::Weight& row : model.weights().rows()) known.insert(row.name);
  for (const std::string& name : file.names()) {
    if (!known.contains(name) && !is_ignored_tensor(name)) {
      fail(ErrorCode::missing_tensor, path, ": tensor ", text::printable(name),
           " is none of this model's; surplus tensors mean another architecture or a damaged file");
    }
  }
}

/// Vectors, norms and scales stay float32: they are a thousandth of the file, and some have a wide
/// range.
at::Tensor stored(const nn::Weight& row, at::ScalarType dtype) {
  const at::Tensor& value = *row.member;
  if (!value.defined()) {
    fail(ErrorCode::missing_tensor, "tensor ", row.name, " has no values yet; nothing was saved");
  }
  if (row.shape.size() < 2 || dtype == at::kFloat) return value.detach().to(at::kFloat);
  const at::Tensor narrow = value.detach().to(dtype);
  if (dtype == at::kHalf && !narrow.isfinite().all().item<bool>()) {
    fail(ErrorCode::unsupported, "tensor ", row.name,
         " has values beyond float16's 65504; save as bfloat16 or float32");
  }
  return narrow;
}

}  // namespace

std::unique_ptr<clip::Tokenizer> make_tokenizer(std::string_view merges,
                                                const clip::TextConfig& text) {
  // 256 bytes, each also as the end of a word, the start and the end token. An embedding with fewer
  // rows is a cut one: ids stay CLIP's, and the text tower refuses those outside by name.
  constexpr int64_t kSmallest = 2 * 256 + 2, kClip = 49408;
  const int64_t size = text.vocab_size >= kSmallest ? text.vocab_size : kClip;
  return std::make_unique<clip::Tokenizer>(merges, size, text.context_length);
}

ModelConfig load_model_config(const std::filesystem::path& path) {
  const std::shared_ptr<const io::MappedFile> mapped = io::MappedFile::open(path);
  require_safetensors(*mapped);
  return read_model_config(io::SafetensorsFile(mapped), path);
}

std::shared_ptr<Model> load_model(const std::filesystem::path& path, at::Device device,
                                  const std::function<void(const Model&)>& look) {
  const std::shared_ptr<const io::MappedFile> mapped = io::MappedFile::open(path);
  require_safetensors(*mapped);
  const io::SafetensorsFile file(mapped);
  const std::string name = path.string();
  std::shared_ptr<Model> model = build(read_model_config(file, path), name);
  check_no_surplus(*model, file, name);
  const auto source = [&](const std::string& tensor) {
    return file.contains(tensor) ? file.tensor(tensor) : at::Tensor();
  };
  try {
    nn::load_weights(model->weights(), source, device);
  } catch (const Error& error) {
    fail(error.code(), name, ": ", error.what());
  }
  const auto merges = file.metadata().find(kMergesKey);
  if (merges != file.metadata().end()) {
    model->tokenizer = make_tokenizer(merges->second, model->config.clip.text);
  }
  if (look) look(*model);
  // Twice, so that the file's pages never lie in memory beside all packed copies.
  mapped->release_pages();
  model->prepare();
  mapped->release_pages();
  return model;
}

void save_model(const std::filesystem::path& path, const Model& model, at::ScalarType dtype) {
  if (dtype != at::kFloat && dtype != at::kHalf && dtype != at::kBFloat16) {
    fail(ErrorCode::invalid_argument, "a model is saved as float32, float16 or bfloat16, not as ",
         c10::toString(dtype));
  }
  io::NamedTensors tensors;
  for (const nn::Weight& row : model.weights().rows()) {
    tensors.emplace_back(row.name, stored(row, dtype));
  }
  io::Metadata metadata = {{kFormatKey, kFormat}, {kConfigKey, to_json(model.config)}};
  if (model.tokenizer != nullptr) metadata[kMergesKey] = model.tokenizer->merges();
  io::save_safetensors(path, tensors, metadata);
}

}  // namespace fcclip
