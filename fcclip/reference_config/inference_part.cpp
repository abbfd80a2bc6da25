// What tensors cannot tell of a model.

#include "fcclip/reference_config/inference_part.h"

#include <algorithm>
#include <cctype>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"

namespace fcclip::reference_config {
namespace {

double share(const Keys& keys, std::string_view key) {
  const double value = keys.number(key);
  if (value < 0 || value > 1)
    fail(ErrorCode::unsupported, keys.where(key), " is ", value, "; expected 0 to 1");
  return value;
}

std::array<double, 3> three_numbers(const Keys& keys, std::string_view key) {
  const std::vector<double> values = keys.numbers(key);
  if (values.size() != 3) {
    fail(ErrorCode::unsupported, keys.where(key), " has ", values.size(),
         " numbers; expected three: red, green and blue");
  }
  return {values[0], values[1], values[2]};
}

void set_pixels(const Keys& keys, model::PixelConfig& pixels) {
  constexpr int64_t kLongest = 65536;
  pixels.mean = three_numbers(keys, "MODEL.PIXEL_MEAN");
  pixels.std = three_numbers(keys, "MODEL.PIXEL_STD");
  for (const double std : pixels.std) {
    if (std <= 0) fail(ErrorCode::unsupported, keys.where("MODEL.PIXEL_STD"), " is not above 0");
  }
  pixels.short_side = whole_in(keys, "INPUT.MIN_SIZE_TEST", 1, kLongest);
  pixels.max_side = whole_in(keys, "INPUT.MAX_SIZE_TEST", pixels.short_side, kLongest);
  constexpr std::string_view kDivisor = "MODEL.MASK_FORMER.SIZE_DIVISIBILITY";
  pixels.size_divisor = keys.whole(kDivisor);
  if (pixels.size_divisor < 32 || pixels.size_divisor % 32 != 0 || pixels.size_divisor > kLongest) {
    fail(ErrorCode::unsupported, keys.where(kDivisor), " is ", pixels.size_divisor,
         "; expected a multiple of 32, the last stage's stride");
  }
}

/// The words of a data set that the reference registers; empty where it is none of them.
std::string training_words(const Keys& keys) {
  const std::vector<std::string> sets = keys.texts("DATASETS.TRAIN");
  if (sets.empty() || !sets.front().starts_with("openvocab_")) return {};
  const std::string name = sets.front().substr(std::string("openvocab_").size());
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"coco_2017_train_stuff", "coco_stuff_164k"},
      {"coco_2017_train_panoptic", "coco_panoptic_133"},
      {"coco_2017_train", "coco_instance"},
      {"ade20k_full", "ade20k_847"},
      {"ade20k_instance", "ade20k_instance"},
      {"ade20k_panoptic", "ade20k_150"},
      {"ade20k_sem_seg", "ade20k_150"},
      {"cityscapes_fine_panoptic", "cityscapes_19"},
      {"mapillary_vistas_panoptic", "mapillary_vistas_65"},
      {"pascal_ctx59", "pascal_context_59"},
      {"pascal_ctx459", "pascal_context_459"},
      {"pascal20", "pascal_voc_20"},
      {"pascal21", "pascal_voc_21"}};
  for (const auto& [begin, words] : kWords) {
    if (name.starts_with(begin)) return std::string(words);
  }
  return {};
}

}  // namespace

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

int64_t whole_in(const Keys& keys, std::string_view key, int64_t least, int64_t most) {
  const int64_t value = keys.whole(key);
  if (value < least || value > most) {
    fail(ErrorCode::unsupported, keys.where(key), " is ", value, "; expected ", least, " to ",
         most);
  }
  return value;
}

void set_inference(const Keys& keys, model::Config& config) {
  config.mask_decoder.heads = whole_in(keys, "MODEL.MASK_FORMER.NHEADS", 1, 1 << 10);
  config.clip.text.quick_gelu =
      lower(keys.text("MODEL.FC_CLIP.CLIP_PRETRAINED_WEIGHTS")) == "openai" ||
      keys.text("MODEL.FC_CLIP.CLIP_MODEL_NAME").ends_with("-quickgelu");
  config.ensemble.alpha = share(keys, "MODEL.FC_CLIP.GEOMETRIC_ENSEMBLE_ALPHA");
  config.ensemble.beta = share(keys, "MODEL.FC_CLIP.GEOMETRIC_ENSEMBLE_BETA");
  config.ensemble.only_valid_masks = keys.flag("MODEL.FC_CLIP.ENSEMBLE_ON_VALID_MASK");
  config.panoptic.object_mask_threshold =
      share(keys, "MODEL.MASK_FORMER.TEST.OBJECT_MASK_THRESHOLD");
  config.panoptic.overlap_threshold = share(keys, "MODEL.MASK_FORMER.TEST.OVERLAP_THRESHOLD");
  config.instances.top_k = whole_in(keys, "TEST.DETECTIONS_PER_IMAGE", 1, 1'000'000);
  set_pixels(keys, config.pixels);
  if (const std::string words = training_words(keys); !words.empty())
    config.training_vocabulary = classify::builtin_vocabulary(words);
}

}  // namespace fcclip::reference_config
