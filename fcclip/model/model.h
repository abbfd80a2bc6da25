#pragma once
// The whole network: frozen CLIP + head + void embedding, one definition for inference and
// training.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "fcclip/clip/image_tower.h"
#include "fcclip/clip/text_tower.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/head/mask_decoder.h"
#include "fcclip/head/pixel_decoder.h"
#include "fcclip/io/safetensors.h"
#include "fcclip/model/model_config.h"

namespace fcclip {

struct Model {
  explicit Model(ModelConfig configuration);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  ModelConfig config;
  std::unique_ptr<clip::ImageTower> image_tower;
  clip::TextTower text_tower;
  head::PixelDecoder pixel_decoder;
  head::MaskDecoder mask_decoder;
  at::Tensor void_embedding;                   ///< [1, D]
  std::unique_ptr<clip::Tokenizer> tokenizer;  ///< null until merges are set

  /// All weights under the published checkpoint's names; valid as long as the model.
  const nn::WeightTable& weights() const { return table_; }
  /// After the weights are set.
  void prepare();

 private:
  nn::WeightTable table_;
};

/// Names in published checkpoints that carry nothing: loss buffers, step counters, masks.
bool is_ignored_tensor(const std::string& name);

/// The tokenizer for a text tower: of its vocabulary's size, or CLIP's own where the embedding was
/// cut short. Throws Error{bad_format} for damaged merges.
std::unique_ptr<clip::Tokenizer> make_tokenizer(std::string_view merges,
                                                const clip::TextConfig& text);

/// The configuration of a model file alone: no weights are read. Throws as load_model does for what
/// is no model file.
ModelConfig load_model_config(const std::filesystem::path& path);

/// Opens a model file (safetensors with "fcclip" metadata); weights are views of the mapped file on
/// a CPU. Pages of the file that were needed to check and pack the weights do not stay in memory.
/// `look` sees the model while they are there: what reads all weights once is free then. Throws
/// Error{not_found, bad_format (of another file it says what it is and what to do),
/// missing_tensor (missing, surplus, not finite), shape_mismatch}.
std::shared_ptr<Model> load_model(const std::filesystem::path& path, at::Device device,
                                  const std::function<void(const Model&)>& look = {});

/// Writes a model file atomically; dtype float32, float16 or bfloat16.
void save_model(const std::filesystem::path& path, const Model& model,
                at::ScalarType dtype = at::kFloat);

}  // namespace fcclip
