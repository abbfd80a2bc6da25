#pragma once
// Everything that defines a model besides its weights; the metadata of a model file.

#include <array>
#include <string>
#include <vector>

#include "fcclip/classify/ensemble.h"
#include "fcclip/classify/vocabulary.h"
#include "fcclip/clip/config.h"
#include "fcclip/head/config.h"
#include "fcclip/naming/config.h"
#include "fcclip/results/results.h"

namespace fcclip::model {

/// How pictures become input: mean and deviation of 0 … 255, sides in pixels.
struct PixelConfig {
  std::array<double, 3> mean = {122.7709383, 116.7460125, 104.09373615};
  std::array<double, 3> std = {68.5005327, 66.6321579, 70.32316305};
  int64_t size_divisor = 32;
  int64_t short_side = 800, max_side = 1333;
};

/// All that a model is besides its weights.
struct Config {
  std::string name = "fcclip_convnext_large_d_320";
  clip::ClipConfig clip;
  head::PixelDecoderConfig pixel_decoder;
  head::MaskDecoderConfig mask_decoder;
  PixelConfig pixels;
  naming::NamingConfig naming;  ///< `head` in JSON; left out where it is FC-CLIP's own
  classify::EnsembleOptions ensemble;
  results::PanopticOptions panoptic;
  results::InstanceOptions instances;
  classify::Vocabulary training_vocabulary;  ///< decides which classes are seen; may be empty
  std::vector<std::string> templates = classify::default_templates();
  std::string provenance;  ///< where the weights came from, one line
};

/// Checks every part's sizes and that they fit together, without building anything (the parts check
/// themselves where they are built). Throws Error{invalid_argument} saying which do not.
void validate(const Config& config);
/// The second half: that the parts fit together, pictures' sizes and templates.
void check_fit(const Config& config);

/// JSON text <-> configuration (the "fcclip" entry of a model file's metadata). Unknown keys are an
/// error.
std::string to_json(const Config& config);
/// Throws Error{bad_format}.
Config config_from_json(std::string_view text);

/// The head in words: "COAT, clip_trust 0.5", "MAFT+, …", "FC-CLIP".
std::string head_description(const Config& config);

/// A configuration in the form of the recorded reference's config.json, over `base`.
Config apply_reference_config(Config base, std::string_view json);

}  // namespace fcclip::model
