#pragma once
// A world of squares and discs in four colours, for tests: eight things on three grounds.

#include <array>

#include <ATen/ATen.h>

#include "fcclip/pretrain/options.h"
#include "fcclip/pretrain/scene_pairs.h"

namespace fcclip::test {

inline const std::array<const char*, 4> kColours = {"red", "green", "blue", "white"};
inline constexpr int64_t kThings = 8, kGrounds = 3;

/// "red square", "red disc", …, then the grounds.
inline std::vector<pretrain::Subject> shape_subjects() {
  std::vector<pretrain::Subject> subjects;
  for (const char* colour : kColours) {
    subjects.push_back(
        {std::string(colour) + " square", {std::string(colour) + " box"}, {"square"}});
    subjects.push_back({std::string(colour) + " disc", {}, {}});
  }
  for (const char* ground : {"sand", "ash", "soot"}) subjects.push_back({ground, {}, {}});
  return subjects;
}

inline std::vector<bool> shape_things() {
  std::vector<bool> things(kThings + kGrounds, false);
  std::fill_n(things.begin(), kThings, true);
  return things;
}

/// Scene i: a ground and three things.
inline pretrain::CaptionedScene shape_scene(int64_t index, int64_t side = 128) {
  constexpr uint8_t kRgb[4][3] = {{220, 40, 40}, {40, 200, 60}, {50, 60, 230}, {245, 245, 245}};
  constexpr uint8_t kGround[kGrounds][3] = {{200, 170, 110}, {140, 140, 140}, {30, 30, 35}};
  Random random(99, static_cast<uint64_t>(index));
  pretrain::CaptionedScene scene;
  scene.sample.rgb = at::empty({side, side, 3}, at::kByte);
  scene.sample.ids = at::ones({side, side}, at::kInt);
  auto rgb = scene.sample.rgb.accessor<uint8_t, 3>();
  auto ids = scene.sample.ids.accessor<int32_t, 2>();
  const int64_t ground = random.below(kGrounds);
  for (int64_t i = 0; i < side * side; ++i) {
    for (int c = 0; c < 3; ++c) rgb[i / side][i % side][c] = kGround[ground][c];
  }
  scene.sample.segments.push_back({1, kThings + ground, false});
  scene.captions.emplace_back();
  for (int32_t id = 2; id <= 4; ++id) {
    const int64_t kind = random.below(kThings), half = 8 + random.below(side / 6);
    const int64_t cx = half + random.below(side - 2 * half),
                  cy = half + random.below(side - 2 * half);
    for (int64_t y = cy - half; y < cy + half; ++y) {
      for (int64_t x = cx - half; x < cx + half; ++x) {
        const int64_t dx = x - cx, dy = y - cy;
        if (kind % 2 == 1 && dx * dx + dy * dy > half * half) continue;
        ids[y][x] = id;
        for (int c = 0; c < 3; ++c) rgb[y][x][c] = kRgb[kind / 2][c];
      }
    }
    scene.sample.segments.push_back({id, kind, false});
    scene.captions.push_back("my own " + std::string(kColours[kind / 2]) + " toy");
  }
  return scene;
}

inline pretrain::ScenePairOptions shape_pair_options() {
  pretrain::ScenePairOptions options;
  options.seed = 5;
  options.group = 8;
  options.easy_share = options.easy_share_end = 0;
  options.captions.templates = {"a photo of a {}.", "{}", "there is the {} in the scene."};
  return options;
}

inline pretrain::SceneSource shape_scenes() {
  return [](int64_t index) { return shape_scene(index); };
}

inline std::shared_ptr<const pretrain::PairSource> shape_pairs(
    const pretrain::ScenePairOptions& options = shape_pair_options()) {
  return std::make_shared<pretrain::ScenePairs>(shape_subjects(), shape_things(), shape_scenes(),
                                                shape_scenes(), options);
}

/// A CLIP that trains in seconds.
inline pretrain::PretrainOptions tiny_options() {
  pretrain::PretrainOptions options;
  options.seed = 3;
  options.batch_size = 16;
  options.sides = {32, 64};
  options.side_shares = {0.5, 0.5};
  options.clip.convnext.depths = {1, 1, 1, 1};
  options.clip.convnext.dims = {8, 16, 24, 32};
  options.clip.embed_dim = 24;
  options.clip.text = {24, 700, 32, 2, 1, false};
  options.vocabulary = 700;
  options.optimizer.learning_rate = 3e-3;
  options.loop.schedule.total_steps = 40;
  options.loop.schedule.warmup_steps = 4;
  options.loop.checkpoint_every = 1000;
  options.scenes = shape_pair_options();
  pretrain::finish(options);
  options.scenes.seed = 5;
  return options;
}

}  // namespace fcclip::test
