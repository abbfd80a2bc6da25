#include "fcclip/model/config.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/model/naming_json.h"

namespace fcclip {

// nlohmann's macros need the functions beside the types; every key is required, so a damaged file
// is noticed.
namespace clip {
NLOHMANN_JSON_SERIALIZE_ENUM(TowerKind,
                             {{TowerKind::convnext, "convnext"}, {TowerKind::resnet, "resnet"}})
NLOHMANN_JSON_SERIALIZE_ENUM(HeadKind, {{HeadKind::linear, "linear"}, {HeadKind::mlp, "mlp"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ConvNextConfig, depths, dims, norm_eps, head, head_hidden)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ResNetConfig, layers, width, heads, pool_grid)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TextConfig, context_length, vocab_size, width, heads, layers,
                                   quick_gelu)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ClipConfig, tower, convnext, resnet, text, embed_dim, image_size)
}  // namespace clip

namespace head {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PixelDecoderConfig, in_channels, conv_dim, mask_dim,
                                   encoder_layers, heads, points, ffn_dim, norm_groups)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MaskDecoderConfig, in_dim, hidden_dim, mask_dim, embed_dim,
                                   layers, heads, ffn_dim, queries)
}  // namespace head

namespace classify {
// clip_trust is younger than the format: a file without it is FC-CLIP's.
void to_json(nlohmann::json& json, const EnsembleOptions& options) {
  json = {{"alpha", options.alpha},
          {"beta", options.beta},
          {"only_valid_masks", options.only_valid_masks}};
  if (options.clip_trust != 0) json["clip_trust"] = options.clip_trust;
}
void from_json(const nlohmann::json& json, EnsembleOptions& options) {
  json.at("alpha").get_to(options.alpha);
  json.at("beta").get_to(options.beta);
  json.at("only_valid_masks").get_to(options.only_valid_masks);
  options.clip_trust = json.value("clip_trust", 0.0);
}

void to_json(nlohmann::json& json, const VocabularyClass& entry) {
  json = {{"id", entry.id}, {"synonyms", entry.synonyms}, {"isthing", entry.is_thing ? 1 : 0}};
}
void from_json(const nlohmann::json& json, VocabularyClass& entry) {
  json.at("id").get_to(entry.id);
  json.at("synonyms").get_to(entry.synonyms);
  entry.is_thing = json.at("isthing").get<int>() != 0;
}
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Vocabulary, name, classes)
}  // namespace classify

namespace results {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PanopticOptions, object_mask_threshold, overlap_threshold)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InstanceOptions, top_k, things_only)
}  // namespace results

namespace model {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PixelConfig, mean, std, size_divisor, short_side, max_side)

// In this namespace ADL does not find nlohmann's overload set for the public function of the same
// name.
static void write_config(nlohmann::json& json, const Config& c) {
  json = {{"name", c.name},
          {"clip", c.clip},
          {"pixel_decoder", c.pixel_decoder},
          {"mask_decoder", c.mask_decoder},
          {"pixels", c.pixels},
          {"ensemble", c.ensemble},
          {"panoptic", c.panoptic},
          {"instances", c.instances},
          {"training_vocabulary", c.training_vocabulary},
          {"templates", c.templates},
          {"provenance", c.provenance}};
  const naming::NamingConfig& head = c.naming;
  if (!head.is_plain() || head.scores_resized_late || head.own_input_size)
    json["head"] = json_of(head);
}

static void read_config(const nlohmann::json& json, Config& c) {
  json.at("name").get_to(c.name);
  json.at("clip").get_to(c.clip);
  json.at("pixel_decoder").get_to(c.pixel_decoder);
  json.at("mask_decoder").get_to(c.mask_decoder);
  json.at("pixels").get_to(c.pixels);
  json.at("ensemble").get_to(c.ensemble);
  json.at("panoptic").get_to(c.panoptic);
  json.at("instances").get_to(c.instances);
  json.at("training_vocabulary").get_to(c.training_vocabulary);
  json.at("templates").get_to(c.templates);
  json.at("provenance").get_to(c.provenance);
  if (json.contains("head")) c.naming = naming_in(json["head"]);
}

namespace {

void require(bool holds, std::string_view what) {
  if (!holds) fail(ErrorCode::invalid_argument, "model configuration: ", what);
}

// A key of `got` that `known` lacks, with its path; empty when there is none.
std::string unknown_key(const nlohmann::json& got, const nlohmann::json& known,
                        const std::string& path) {
  if (!got.is_object() || !known.is_object()) return {};
  for (const auto& [key, value] : got.items()) {
    if (!known.contains(key)) return path + key;
    const std::string inner = unknown_key(value, known[key], path + key + ".");
    if (!inner.empty()) return inner;
  }
  return {};
}

void apply_vision(clip::ClipConfig& clip, const nlohmann::json& vision) {
  if (vision.contains("timm_model_name")) {
    clip.tower = clip::TowerKind::convnext;
    clip.convnext.head =
        vision.value("timm_proj", "mlp") == "linear" ? clip::HeadKind::linear : clip::HeadKind::mlp;
    if (const auto found = vision.find("timm_model_args"); found != vision.end()) {
      found->at("depths").get_to(clip.convnext.depths);
      found->at("dims").get_to(clip.convnext.dims);
    }
    require(!clip.convnext.dims.empty(), "vision_cfg.timm_model_args.dims is empty");
    clip.convnext.head_hidden = clip.convnext.dims.back();
  } else {
    clip.tower = clip::TowerKind::resnet;
    vision.at("layers").get_to(clip.resnet.layers);
    vision.at("width").get_to(clip.resnet.width);
    clip.resnet.heads = clip.resnet.width * 32 / 64;
    clip.resnet.pool_grid = vision.at("image_size").get<int64_t>() / 32;
  }
  clip.image_size = vision.value("image_size", clip.image_size);
}

void apply_clip(clip::ClipConfig& clip, const nlohmann::json& json) {
  clip.embed_dim = json.value("embed_dim", clip.embed_dim);
  if (json.contains("vision_cfg")) apply_vision(clip, json["vision_cfg"]);
  if (json.contains("text_cfg")) {
    const nlohmann::json& text = json["text_cfg"];
    clip.text.context_length = text.value("context_length", clip.text.context_length);
    clip.text.vocab_size = text.value("vocab_size", clip.text.vocab_size);
    clip.text.width = text.value("width", clip.text.width);
    clip.text.heads = text.value("heads", clip.text.heads);
    clip.text.layers = text.value("layers", clip.text.layers);
  }
  clip.text.quick_gelu = json.value("quick_gelu", clip.text.quick_gelu);
}

void apply_head(Config& config, const nlohmann::json& json) {
  head::PixelDecoderConfig& pixel = config.pixel_decoder;
  head::MaskDecoderConfig& mask = config.mask_decoder;
  pixel.in_channels = config.clip.feature_channels();
  pixel.conv_dim = json.value("conv_dim", pixel.conv_dim);
  pixel.mask_dim = json.value("mask_dim", pixel.mask_dim);
  mask.in_dim = pixel.conv_dim;
  mask.hidden_dim = json.value("hidden_dim", mask.hidden_dim);
  mask.mask_dim = pixel.mask_dim;
  mask.heads = json.value("nheads", mask.heads);
  if (const auto found = json.find("pixel_decoder"); found != json.end()) {
    pixel.encoder_layers = found->value("encoder_layers", pixel.encoder_layers);
    pixel.heads = found->value("nheads", pixel.heads);
    pixel.points = found->value("n_points", pixel.points);
    pixel.ffn_dim = found->value("dim_feedforward", pixel.ffn_dim);
  }
  if (const auto found = json.find("decoder"); found != json.end()) {
    mask.layers = found->value("layers", mask.layers);
    mask.ffn_dim = found->value("dim_feedforward", mask.ffn_dim);
    mask.queries = found->value("num_queries", mask.queries);
  }
  mask.embed_dim = config.clip.embed_dim;
}

void apply_inference(Config& config, const nlohmann::json& json) {
  classify::EnsembleOptions& ensemble = config.ensemble;
  ensemble.alpha = json.value("geometric_ensemble_alpha", ensemble.alpha);
  ensemble.beta = json.value("geometric_ensemble_beta", ensemble.beta);
  ensemble.only_valid_masks = json.value("ensemble_on_valid_mask", ensemble.only_valid_masks);
  config.panoptic.object_mask_threshold =
      json.value("object_mask_threshold", config.panoptic.object_mask_threshold);
  config.panoptic.overlap_threshold =
      json.value("overlap_threshold", config.panoptic.overlap_threshold);
  config.instances.top_k = json.value("test_topk_per_image", config.instances.top_k);
  config.pixels.mean = json.value("pixel_mean", config.pixels.mean);
  config.pixels.std = json.value("pixel_std", config.pixels.std);
  config.pixels.size_divisor = json.value("size_divisibility", config.pixels.size_divisor);
}

nlohmann::json parse(std::string_view text) {
  // Writing and comparing JSON recurse: what is deeper than any configuration is refused while it
  // is read.
  constexpr int kDeepest = 32;
  const auto bound = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kDeepest)
      fail(ErrorCode::bad_format, "model configuration: JSON nested too deeply");
    return true;
  };
  try {
    return nlohmann::json::parse(text, bound);
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::bad_format, "model configuration: not valid JSON: ", error.what());
  }
}

}  // namespace

void validate(const Config& config) {
  clip::validate_image_tower(config.clip);
  clip::validate_text_tower(config.clip);
  head::validate(config.pixel_decoder);
  head::validate(config.mask_decoder);
  check_fit(config);
}

void check_fit(const Config& config) {
  const head::PixelDecoderConfig& pixel = config.pixel_decoder;
  const head::MaskDecoderConfig& decoder = config.mask_decoder;
  require(pixel.in_channels == config.clip.feature_channels(),
          "pixel_decoder.in_channels differ from the image tower's channels");
  require(decoder.in_dim == pixel.conv_dim && decoder.mask_dim == pixel.mask_dim,
          "mask_decoder.in_dim and mask_dim must equal the pixel decoder's conv_dim and mask_dim");
  require(decoder.embed_dim == config.clip.embed_dim,
          "mask_decoder.embed_dim must equal clip.embed_dim");
  naming::validate(config.naming, config.clip);
  require(config.ensemble.clip_trust >= 0 && config.ensemble.clip_trust <= 1,
          "ensemble.clip_trust must be 0 to 1");
  check_counts("model configuration: pixels' sizes",
               {config.pixels.size_divisor, config.pixels.short_side, config.pixels.max_side},
               1 << 16);
  require(config.pixels.size_divisor % 32 == 0, "pixels.size_divisor must be a multiple of 32");
  for (const double std : config.pixels.std) require(std > 0, "pixels.std must be above 0");
  for (const std::string& one : config.templates) {
    require(one.find("{}") != std::string::npos, "every template needs {} where the name goes");
  }
}

std::string to_json(const Config& config) {
  nlohmann::json json;
  write_config(json, config);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Config config_from_json(std::string_view text) {
  const nlohmann::json json = parse(text);
  nlohmann::json known;
  write_config(known, Config{});
  known["ensemble"]["clip_trust"] = 0;
  known["head"] = known_naming();
  if (const std::string key = unknown_key(json, known, ""); !key.empty()) {
    fail(ErrorCode::bad_format, "model configuration: unknown key '", key,
         "'; made by a newer version?");
  }
  Config config;
  try {
    read_config(json, config);
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::bad_format, "model configuration: ", error.what());
  }
  return config;
}

Config apply_reference_config(Config base, std::string_view text) {
  const nlohmann::json json = parse(text);
  try {
    base.name = json.value("clip_model_name", base.name);
    if (json.contains("clip")) apply_clip(base.clip, json["clip"]);
    apply_head(base, json);
    if (json.contains("head")) apply_reference_head(base, json["head"]);
    apply_inference(base, json);
    if (json.contains("train_vocabulary")) {
      base.training_vocabulary = classify::parse_vocabulary_json(json["train_vocabulary"].dump());
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorCode::bad_format, "configuration: ", error.what());
  }
  return base;
}

}  // namespace model
}  // namespace fcclip
