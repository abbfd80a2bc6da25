#include "fcclip/model/clip_file.h"

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/model/model.h"

namespace fcclip {
namespace {

constexpr const char* kClipFormatKey = "format";
constexpr const char* kModelFormat = "fcclip-model-1";
constexpr const char* kClipConfigKey = "fcclip";
constexpr const char* kClipMergesKey = "merges";

// The metadata is a whole model's, so that one reader understands both; of the mask generator only
// the sizes that must fit the CLIP differ from the defaults.
ModelConfig config_around(const Clip& clip) {
  ModelConfig config;
  config.name = "clip";
  config.clip = clip.config;
  config.pixels = clip.pixels;
  config.provenance = clip.provenance;
  config.pixel_decoder.in_channels = clip.config.feature_channels();
  config.mask_decoder.embed_dim = clip.config.embed_dim;
  return config;
}

std::string entry(const io::Metadata& metadata, const char* key, const std::string& file) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    fail(ErrorCode::bad_format, file, ": no \"", key,
         "\" in its metadata; expected a CLIP made by fcclip pretrain, or a model file of fcclip");
  }
  return found->second;
}

ModelConfig read_config(const io::SafetensorsFile& file, const std::string& name) {
  const std::string format = entry(file.metadata(), kClipFormatKey, name);
  if (format != kClipFormat && format != kModelFormat) {
    fail(ErrorCode::unsupported, name, ": unknown format; expected ", kClipFormat, " or ",
         kModelFormat);
  }
  try {
    ModelConfig config = model_config_from_json(entry(file.metadata(), kClipConfigKey, name));
    validate(config);
    return config;
  } catch (const Error& error) {
    fail(ErrorCode::bad_format, name, ": ", error.what());
  }
}

}  // namespace

Clip::Clip(const clip::ClipConfig& configuration)
    : config(configuration), image_tower(clip::make_image_tower(config)), text_tower(config) {
  image_tower->declare(table_, "backbone.clip_model.visual");
  text_tower.declare(table_, "backbone.clip_model");
}

void Clip::prepare() {
  image_tower->prepare();
  text_tower.prepare();
}

void save_clip(const std::filesystem::path& path, const Clip& clip, at::ScalarType dtype) {
  if (dtype != at::kFloat && dtype != at::kHalf && dtype != at::kBFloat16) {
    fail(ErrorCode::invalid_argument, "a CLIP is saved as float32, float16 or bfloat16, not as ",
         c10::toString(dtype));
  }
  io::NamedTensors tensors;
  for (const nn::Weight& row : clip.weights().rows()) {
    if (!row.member->defined()) {
      fail(ErrorCode::missing_tensor, "tensor ", row.name, " has no values yet; nothing was saved");
    }
    const at::Tensor value = row.member->detach().to(row.shape.size() < 2 ? at::kFloat : dtype);
    if (!value.isfinite().all().item<bool>()) {
      fail(ErrorCode::missing_tensor, "tensor ", row.name, " is not finite as ",
           c10::toString(value.scalar_type()), "; nothing was saved");
    }
    tensors.emplace_back(row.name, value);
  }
  io::Metadata metadata = {{kClipFormatKey, kClipFormat},
                           {kClipConfigKey, to_json(config_around(clip))}};
  if (clip.tokenizer != nullptr) metadata[kClipMergesKey] = clip.tokenizer->merges();
  io::save_safetensors(path, tensors, metadata);
}

std::shared_ptr<Clip> load_clip(const std::filesystem::path& path, at::Device device) {
  const io::SafetensorsFile file(path);
  const std::string name = path.string();
  const ModelConfig config = read_config(file, name);
  auto clip = std::make_shared<Clip>(config.clip);
  clip->pixels = config.pixels;
  clip->provenance = config.provenance;
  const auto source = [&](const std::string& tensor) {
    return file.contains(tensor) ? file.tensor(tensor) : at::Tensor();
  };
  try {
    nn::load_weights(clip->weights(), source, device);
    const auto merges = file.metadata().find(kClipMergesKey);
    if (merges != file.metadata().end()) {
      clip->tokenizer = make_tokenizer(merges->second, clip->config.text);
    }
  } catch (const Error& error) {
    fail(error.code(), name, ": ", error.what());
  }
  clip->prepare();
  return clip;
}

void use_clip(Model& model, const Clip& clip) {
  for (const nn::Weight& row : clip.weights().rows()) {
    const nn::Weight* target = model.weights().find(row.name);
    if (target == nullptr || target->shape != row.shape) {
      fail(ErrorCode::shape_mismatch, "tensor ", row.name, " of the CLIP is ",
           shape_string(row.shape), ", the model expects ",
           target == nullptr ? std::string("none") : shape_string(target->shape),
           "; build the model with the CLIP's own configuration");
    }
    *target->member = *row.member;
  }
  model.config.clip = clip.config;
  model.config.pixels.mean = clip.pixels.mean;
  model.config.pixels.std = clip.pixels.std;
  if (clip.tokenizer != nullptr) {
    model.tokenizer = make_tokenizer(clip.tokenizer->merges(), clip.config.text);
  }
}

}  // namespace fcclip
