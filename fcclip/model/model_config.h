#pragma once
// Everything that defines a model besides its weights; the metadata of a model file.

#include <array>
#include <string>
#include <vector>

#include "fcclip/classify/ensemble.h"
#include "fcclip/classify/vocabulary.h"
#include "fcclip/clip/config.h"
#include "fcclip/head/config.h"
#include "fcclip/results/results.h"

namespace fcclip {

struct PixelConfig {
  std::array<double, 3> mean = {122.7709383, 116.7460125, 104.09373615};
  std::array<double, 3> std = {68.5005327, 66.6321579, 70.32316305};
  int64_t size_divisor = 32;
  int64_t short_side = 800, max_side = 1333;
};

struct ModelConfig {
  std::string name = "fcclip_convnext_large_d_320";
  clip::ClipConfig clip;
  head::PixelDecoderConfig pixel_decoder;
  head::MaskDecoderConfig mask_decoder;
  PixelConfig pixels;
  classify::EnsembleOptions ensemble;
  results::PanopticOptions panoptic;
  results::InstanceOptions instances;
  classify::Vocabulary training_vocabulary;  ///< decides which classes are seen; may be empty
  std::vector<std::string> templates = classify::default_templates();
  std::string provenance;  ///< where the weights came from, one line
};

/// Checks that the sizes fit together. Throws Error{invalid_argument} saying which do not.
void validate(const ModelConfig& config);

/// JSON text <-> configuration (the "fcclip" entry of a model file's metadata). Unknown keys are an
/// error.
std::string to_json(const ModelConfig& config);
ModelConfig model_config_from_json(std::string_view text);

/// A configuration in the form of the recorded reference's config.json, over `base`.
ModelConfig apply_reference_config(ModelConfig base, std::string_view json);

}  // namespace fcclip
