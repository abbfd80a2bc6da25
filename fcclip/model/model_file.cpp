#include "fcclip/model/model_file.h"

#include <algorithm>
#include <array>
#include <set>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/io/mapped_file.h"
#include "fcclip/model/int8_weights.h"
#include "fcclip/model/weight_names.h"
#include "fcclip/ops/finite.h"
#include "fcclip/ops/gpu_compiler.h"
#include "fcclip/text/printable.h"

namespace fcclip::model {
namespace {

constexpr const char* kFormatKey = "format";
constexpr const char* kConfigKey = "fcclip";
constexpr const char* kMergesKey = "merges";
constexpr const char* kModelFormat = "fcclip-model-1";
constexpr const char* kClipFormat = "fcclip-clip-1";

/// "model.pth" -> "fcclip convert model.pth -o model.safetensors"
std::string convert_command(const std::filesystem::path& path, FileContent wanted) {
  const bool is_clip = wanted == FileContent::clip;
  std::string target = path.stem().string() + ".safetensors";
  if (path.filename() == target) target = is_clip ? "CLIP.safetensors" : "MODEL.safetensors";
  return std::string("fcclip convert ") + (is_clip ? "--clip " : "") + path.string() + " -o " +
         target;
}

/// A file of another kind: what it is, and what to do.
void require_safetensors(const io::MappedFile& file, FileContent wanted) {
  const auto bytes = file.bytes();
  const io::FileKind kind =
      io::file_kind({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (kind.form == io::WeightForm::safetensors) return;
  const std::string advice =
      kind.form == io::WeightForm::torch ? "make one of it: " + convert_command(file.path(), wanted)
      : kind.advice.empty()
          ? "expected a .safetensors file that fcclip convert, train or init wrote"
          : kind.advice;
  fail(ErrorCode::bad_format, file.path().string(), " is ", kind.what,
       ", no model file of fcclip; ", advice);
}

/// Safetensors of somebody else.
[[noreturn]] void refuse_other_weights(const io::SafetensorsFile& file, const std::string& name,
                                       FileContent wanted) {
  if (wanted == FileContent::clip) {
    fail(
        ErrorCode::bad_format, name,
        ": its metadata say nothing of fcclip; expected a CLIP of fcclip pretrain, or a model file "
        "of fcclip; of open_clip's weights make one: ",
        convert_command(name, wanted));
  }
  TensorShapes shapes;
  for (const std::string& tensor : file.names()) shapes[published_name(tensor)] = {};
  const CheckpointParts parts = parts_of(shapes);
  if (parts.clip && !parts.head) {
    fail(ErrorCode::bad_format, name,
         " is only a CLIP, no mask generator: name it to fcclip convert together with an FC-CLIP "
         "checkpoint, or train a mask generator on it");
  }
  const std::string form = foreign_form(shapes);
  if (!form.empty()) fail(ErrorCode::unsupported, name, ": ", form);
  fail(ErrorCode::bad_format, name,
       " is a safetensors file, but no model file of fcclip (its metadata do not say so); make one "
       "of it: ",
       convert_command(name, wanted));
}

/// A file whose metadata were read.
struct OpenFile {
  std::string name;
  std::shared_ptr<const io::MappedFile> mapped;
  io::SafetensorsFile tensors;
  FileMetadata metadata;
};

OpenFile open_file(const std::filesystem::path& path, FileContent wanted) {
  const std::shared_ptr<const io::MappedFile> mapped = io::MappedFile::open(path);
  require_safetensors(*mapped, wanted);
  OpenFile file{path.string(), mapped, io::SafetensorsFile(mapped), {}};
  std::optional<FileMetadata> metadata;
  try {
    metadata = parse_metadata(file.tensors.metadata());
  } catch (const Error& error) {
    fail(error.code(), file.name, ": ", error.what());
  }
  if (!metadata) refuse_other_weights(file.tensors, file.name, wanted);
  file.metadata = std::move(*metadata);
  // The CLIP in a model file is as good as one by itself.
  if (wanted == FileContent::model && file.metadata.content == FileContent::clip) {
    fail(ErrorCode::bad_format, file.name,
         " is only a CLIP, no mask generator; train one on it: fcclip train --set model.clip=",
         file.name, " (docs/training.md)");
  }
  return file;
}

/// Sizes that contradict each other are the file's fault here, not the caller's.
template <class Make>
auto build(const OpenFile& file, const Make& make) {
  try {
    return make(file.metadata.config);
  } catch (const Error& error) {
    fail(ErrorCode::bad_format, file.name, ": ", error.what());
  }
}

void check_no_surplus(const nn::WeightTable& table, const OpenFile& file) {
  std::set<std::string_view> known;
  for (const nn::Weight& row : table.rows()) known.insert(row.name);
  for (const std::string& name : file.tensors.names()) {
    const bool is_expected = known.contains(name) || is_int8_scale(file.tensors, name);
    if (!is_expected && !is_ignored_tensor(name)) {
      fail(ErrorCode::missing_tensor, file.name, ": tensor ", text::printable(name),
           " is none of this model's; surplus tensors mean another architecture or a damaged file");
    }
  }
}

/// The one loader: weights of `table` and the tokenizer of `clip`. Every number is read and checked;
/// of the file's pages only the last ones stay.
void load_into(const OpenFile& file, const nn::WeightTable& table, Clip& clip, at::Device device) {
  constexpr size_t kBytesKept = size_t{64} << 20;
  size_t bytes = 0;
  const auto source = [&](const std::string& name) {
    if (bytes > kBytesKept) {
      file.mapped->release_pages();
      bytes = 0;
    }
    const at::Tensor weight = weight_of(file.tensors, name);
    if (weight.defined()) bytes += weight.nbytes();
    return weight;
  };
  try {
    nn::load_weights(table, source, device);
    if (!file.metadata.merges.empty()) {
      clip.tokenizer = make_tokenizer(file.metadata.merges, clip.config.text);
    }
  } catch (const Error& error) {
    fail(error.code(), file.name, ": ", error.what());
  }
}

/// Twice, so that the file's pages never lie in memory beside all packed copies.
template <class T>
void prepare_without_pages(const OpenFile& file, T& weights, const ops::Packing& packing) {
  file.mapped->release_pages();
  weights.prepare(packing);
  file.mapped->release_pages();
}

/// Vectors, norms and scales stay float32: they are a thousandth of the file, and some have a wide
/// range.
at::Tensor stored(const nn::Weight& row, at::ScalarType dtype) {
  if (!row.member->defined()) {
    fail(ErrorCode::missing_tensor, "tensor ", row.name, " has no values yet; nothing was saved");
  }
  const at::Tensor value = row.member->detach().to(row.shape.size() < 2 ? at::kFloat : dtype);
  if (ops::all_finite(value)) return value;
  if (ops::all_finite(row.member->detach())) {
    fail(ErrorCode::unsupported, "tensor ", row.name,
         " has values beyond float16's 65504; save as bfloat16 or float32");
  }
  fail(ErrorCode::missing_tensor, "tensor ", row.name, " is not finite; nothing was saved");
}

void store_in_8_bits(const nn::Weight& row, io::NamedTensors& tensors) {
  const at::Tensor value = stored(row, at::kFloat);
  if (!is_stored_as_int8(row)) {
    tensors.emplace_back(row.name, value);
    return;
  }
  const Int8Weight small = to_int8(value);
  tensors.emplace_back(row.name, small.numbers);
  tensors.emplace_back(int8_scale_name(row.name), small.scales);
}

/// The one saver.
void write(const std::filesystem::path& path, const nn::WeightTable& table, io::Metadata metadata,
           const Clip& clip, at::ScalarType dtype) {
  if (dtype != at::kFloat && dtype != at::kHalf && dtype != at::kBFloat16 && dtype != at::kChar) {
    fail(ErrorCode::invalid_argument,
         "a model is saved as float32, float16, bfloat16 or int8, not as ", c10::toString(dtype));
  }
  io::NamedTensors tensors;
  for (const nn::Weight& row : table.rows()) {
    if (dtype == at::kChar) {
      store_in_8_bits(row, tensors);
    } else {
      tensors.emplace_back(row.name, stored(row, dtype));
    }
  }
  if (clip.tokenizer != nullptr) metadata[kMergesKey] = clip.tokenizer->merges();
  io::save_safetensors(path, tensors, metadata);
}

/// A CLIP's metadata are a whole model's, so that one reader understands both; of the mask
/// generator only the sizes that must fit the CLIP differ from the defaults.
Config config_around(const Clip& clip) {
  Config config;
  config.name = "clip";
  config.clip = clip.config;
  config.pixels = clip.pixels;
  config.provenance = clip.provenance;
  config.pixel_decoder.in_channels = clip.config.feature_channels();
  config.mask_decoder.embed_dim = clip.config.embed_dim;
  return config;
}

}  // namespace

bool is_ignored_tensor(const std::string& name) {
  constexpr std::array<std::string_view, 3> kEndings = {"num_batches_tracked", "attn_mask",
                                                        "criterion.empty_weight"};
  constexpr std::array<std::string_view, 3> kStarts = {"criterion.", "frozen_backbone.",
                                                       "backbone_t."};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); }) ||
         std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return name.starts_with(start); });
}

std::optional<FileMetadata> parse_metadata(const io::Metadata& metadata) {
  const auto text = metadata.find(kConfigKey), format = metadata.find(kFormatKey);
  if (text == metadata.end() || format == metadata.end()) return std::nullopt;
  FileMetadata out;
  out.content = format->second == kClipFormat ? FileContent::clip : FileContent::model;
  if (out.content == FileContent::model && format->second != kModelFormat) {
    fail(ErrorCode::unsupported, "model file format ", text::printable(format->second),
         ", expected ", kModelFormat, "; made by a newer version?");
  }
  out.config = config_from_json(text->second);
  const auto merges = metadata.find(kMergesKey);
  if (merges != metadata.end()) out.merges = merges->second;
  return out;
}

FileMetadata read_metadata(const std::filesystem::path& path) {
  return open_file(path, FileContent::clip).metadata;
}

Config load_config(const std::filesystem::path& path) {
  return open_file(path, FileContent::model).metadata.config;
}

std::shared_ptr<Model> load_model(const std::filesystem::path& path, at::Device device,
                                  const LoadOptions& options) {
  ops::need_products(options.products, device);  // before much work
  ops::need_gpu_compiler(device);
  const OpenFile file = open_file(path, FileContent::model);
  const std::shared_ptr<Model> model =
      build(file, [](const Config& config) { return std::make_shared<Model>(config); });
  check_no_surplus(model->weights(), file);
  load_into(file, model->weights(), *model->clip, device);
  if (options.look) options.look(*model);
  ops::Packing packing = options.products;
  packing.at_first_use = options.pack_at_first_use;
  packing.packed_late = [mapped = file.mapped](const at::Tensor& weight) {
    mapped->release_pages(weight);
  };
  prepare_without_pages(file, *model, packing);
  return model;
}

std::shared_ptr<Clip> load_clip(const std::filesystem::path& path, at::Device device) {
  const OpenFile file = open_file(path, FileContent::clip);
  const std::shared_ptr<Clip> clip = build(file, [](const Config& config) {
    check_fit(config);
    return std::make_shared<Clip>(config.clip);
  });
  clip->pixels = file.metadata.config.pixels;
  clip->provenance = file.metadata.config.provenance;
  if (file.metadata.content == FileContent::clip) check_no_surplus(clip->weights(), file);
  load_into(file, clip->weights(), *clip, device);
  prepare_without_pages(file, *clip, ops::Products::float32);
  return clip;
}

Choices<at::ScalarType> weight_dtypes(bool with_int8) {
  Choices<at::ScalarType> dtypes = {
      {"float32", at::kFloat}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16}};
  if (with_int8) dtypes.emplace_back("int8", at::kChar);
  return dtypes;
}

void save(const std::filesystem::path& path, const Model& model, at::ScalarType dtype) {
  write(path, model.weights(), {{kFormatKey, kModelFormat}, {kConfigKey, to_json(model.config)}},
        *model.clip, dtype);
}

void save(const std::filesystem::path& path, const Clip& clip, at::ScalarType dtype) {
  write(path, clip.weights(),
        {{kFormatKey, kClipFormat}, {kConfigKey, to_json(config_around(clip))}}, clip, dtype);
}

}  // namespace fcclip::model
