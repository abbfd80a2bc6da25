#pragma once
// A training that takes seconds: a world of shapes, a small untrained CLIP, a small head.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "fcclip/train/segmentation_task.h"
#include "tests/scenes/small_world.h"

namespace fcclip::test {

inline constexpr const char* kFewMerges = "#version: 0.2\nt h\nth i\nn g</w>\n";

/// An empty folder that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string("fcclip_") + info->test_suite_name() + "_" + info->name();
    std::replace(name.begin(), name.end(), '/', '_');  // of tests with parameters
    path_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void save_tiny_clip(const std::filesystem::path& path) {
  clip::ClipConfig config;
  config.convnext.depths = {1, 1, 1, 1};
  config.convnext.dims = {8, 16, 24, 32};
  config.convnext.head_hidden = 32;
  config.embed_dim = 16;
  config.text = {32, 517, 16, 2, 1, false};  // 256 bytes twice, 3 merges, start, end
  model::Clip clip(config);
  clip.tokenizer = model::make_tokenizer(kFewMerges, config.text);
  model::fill_untrained(clip, 5);
  model::save(path, clip);
}

/// Four pictures of 64×64 a step, 30 steps.
inline train::SegmentationConfig tiny_config(const TestFolder& folder) {
  save_tiny_clip(folder / "clip.safetensors");
  SmallWorld::make().save(folder / "world.safetensors");
  train::SegmentationConfig config;
  config.model.clip = folder / "clip.safetensors";
  config.model.conv_dim = config.model.mask_dim = config.model.hidden_dim = 32;
  config.model.encoder_layers = 1;
  config.model.encoder_ffn = config.model.decoder_ffn = 64;
  config.model.decoder_layers = 3;
  config.model.queries = 12;
  config.model.heads = 4;
  config.model.norm_groups = 8;
  config.model.short_side = config.model.max_side = 64;
  config.data.kind = config.evaluation.kind = "world";
  config.data.world = config.evaluation.world = folder / "world.safetensors";
  config.data.scene_size = config.evaluation.scene_size = 64;
  config.data.workers = 2;
  config.augment.crop_size = 64;
  config.augment.min_scale = 0.8;
  config.augment.max_scale = 1.2;
  config.run.batch = 4;
  config.run.evaluate_pictures = 4;
  config.loss.points.points = 64;
  config.loop.schedule.total_steps = 30;
  config.loop.schedule.milestones = {};
  config.loop.log_every = 1;
  train::finish(config);
  return config;
}

/// Mean losses of the first and of the last five of so many steps.
struct LossEnds {
  double first = 0, last = 0;
};
inline LossEnds train_for(train::SegmentationTask& task, int64_t steps) {
  LossEnds ends;
  for (int64_t step = 0; step < steps; ++step) {
    const double loss = task.step(step, 1).at("loss");
    if (step < 5) ends.first += loss / 5;
    if (step >= steps - 5) ends.last += loss / 5;
  }
  return ends;
}

}  // namespace fcclip::test
