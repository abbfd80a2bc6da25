#pragma once
// What the tests of both towers share: configurations of the recorded models, and a trace that
// keeps everything.

#include <map>
#include <memory>
#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/clip/image_tower.h"
#include "fcclip/io/safetensors.h"
#include "tests/support/goldens.h"

namespace fcclip::test {

inline clip::ClipConfig tiny_convnext_config() {
  clip::ClipConfig config;
  config.convnext.depths = {1, 1, 2, 1};
  config.convnext.dims = {16, 32, 64, 128};
  config.convnext.head_hidden = 128;
  config.embed_dim = 64;
  return config;
}

inline clip::ClipConfig tiny_resnet_config() {
  clip::ClipConfig config;
  config.tower = clip::TowerKind::resnet;
  config.resnet.layers = {1, 2, 1, 1};
  config.resnet.width = 16;
  config.resnet.heads = 8;
  config.embed_dim = 64;
  return config;
}

inline std::unique_ptr<clip::ImageTower> load_tower(const clip::ClipConfig& config,
                                                    const nn::WeightSource& source) {
  std::unique_ptr<clip::ImageTower> tower = clip::make_image_tower(config);
  nn::WeightTable table;
  tower->declare(table, "backbone.clip_model.visual");
  nn::load_weights(table, source, at::kCPU);
  tower->prepare();
  return tower;
}

/// Random weights of moderate size, the same at every call: a tower without recorded data.
inline std::unique_ptr<clip::ImageTower> random_tower(const clip::ClipConfig& config) {
  std::map<std::string, std::vector<int64_t>> shapes;
  nn::WeightTable table;
  const std::unique_ptr<clip::ImageTower> empty = clip::make_image_tower(config);
  empty->declare(table, "backbone.clip_model.visual");
  for (const nn::Weight& row : table.rows()) shapes[row.name] = row.shape;
  return load_tower(config, [shapes](const std::string& name) {
    const std::vector<int64_t>& shape = shapes.at(name);
    int64_t fan_in = 1;
    for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
    if (shape.size() == 1) return formula_tensor("random:", name, shape, 0.5, 1.5);
    const double bound = 1.7 / std::sqrt(static_cast<double>(fan_in));
    return formula_tensor("random:", name, shape, -bound, bound);
  });
}

class KeptTrace {
 public:
  Trace sink() {
    return [this](std::string_view name, const at::Tensor& value) {
      tensors_[std::string(name)] = value.clone();
    };
  }
  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
  at::Tensor at(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? at::Tensor() : found->second;
  }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

/// Every recorded "backbone.*" tensor of this image was traced and is equal (the plain path); so are
/// the results without a trace (the packed path).
inline void expect_backbone_equal(const clip::ImageTower& tower, const std::string& file) {
  const at::Tensor image = golden(file, "image.padded").permute({0, 2, 3, 1}).contiguous();
  KeptTrace kept;
  const c10::InferenceMode inference;
  tower.forward(image, kept.sink());
  int compared = 0;
  for (const std::string& name : io::SafetensorsFile(goldens_folder() / file).names()) {
    if (!name.starts_with("backbone.")) continue;
    EXPECT_TRUE(near(kept.at(name), golden(file, name), kFeatureTolerance)) << name;
    ++compared;
  }
  EXPECT_GE(compared, 5);
  const clip::ClipFeatures features = tower.forward(image);
  const at::Tensor maps[] = {features.res2, features.res3, features.res4, features.res5};
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(near(reference_layout(maps[i]),
                     golden(file, "backbone.res" + std::to_string(i + 2)), kFeatureTolerance));
  }
  EXPECT_TRUE(
      near(reference_layout(features.dense), golden(file, "backbone.res5"), kFeatureTolerance));
  EXPECT_TRUE(features.res2.is_contiguous() && features.dense.is_contiguous());
}

}  // namespace fcclip::test
