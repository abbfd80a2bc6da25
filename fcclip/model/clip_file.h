#pragma once
// A CLIP by itself, without a mask generator: what pretraining makes and training starts from.

#include <filesystem>
#include <memory>
#include <string>

#include "fcclip/clip/image_tower.h"
#include "fcclip/clip/text_tower.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/model/model_config.h"
#include "fcclip/nn/weights.h"

namespace fcclip {

struct Model;

/// "format" in the metadata of a CLIP's file.
inline constexpr const char* kClipFormat = "fcclip-clip-1";

struct Clip {
  /// No weights and no tokenizer yet.
  explicit Clip(const clip::ClipConfig& config);
  Clip(const Clip&) = delete;
  Clip& operator=(const Clip&) = delete;

  clip::ClipConfig config;
  PixelConfig pixels;      ///< how pictures are normalised
  std::string provenance;  ///< where the weights came from, one line
  std::unique_ptr<clip::ImageTower> image_tower;
  clip::TextTower text_tower;
  std::unique_ptr<clip::Tokenizer> tokenizer;

  /// Weights under the published names ("backbone.clip_model. …"); valid as long as this.
  const nn::WeightTable& weights() const { return table_; }
  /// After the weights are set.
  void prepare();

 private:
  nn::WeightTable table_;
};

/// Safetensors with the published names, the configuration and the merges; written atomically.
/// Matrices in `dtype` (float32, float16, bfloat16), vectors in float32.
void save_clip(const std::filesystem::path& path, const Clip& clip,
               at::ScalarType dtype = at::kFloat);

/// A file of save_clip, or the CLIP inside a whole model file. Throws Error{not_found, bad_format,
/// missing_tensor, shape_mismatch}.
std::shared_ptr<Clip> load_clip(const std::filesystem::path& path, at::Device device = at::kCPU);

/// Gives `model` this CLIP's weights and tokenizer; call model.prepare() afterwards. Throws
/// Error{shape_mismatch} unless model.config.clip has the same sizes.
void use_clip(Model& model, const Clip& clip);

}  // namespace fcclip
