#include "fcclip/scenes/moving_scenes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/scenes/stage.h"

namespace fcclip::scenes {

/// How one thing moves.
struct Motion {
  double step_x = 0, step_y = 0;            ///< pixels a frame
  double sway = 0, breath = 0, period = 1;  ///< radians, octaves; frames
};

namespace {

// Films draw other numbers than the scenes that they begin with.
constexpr uint64_t kMotionSeed = 0x6d6f76696e67ull;

constexpr double kStill = 0.2;     // so many things stay where they are
constexpr double kFastest = 0.03;  // of the shorter side, a frame
constexpr double kSlowest = 0.004;
constexpr double kMargin = 0.75;  // of the thing's longer side, beyond the picture's border

// A ball between two walls.
double bounced(double start, double moved, double low, double high) {
  const double span = high - low;
  double place = std::fmod(start + moved - low, 2 * span);
  if (place < 0) place += 2 * span;
  return low + (place <= span ? place : 2 * span - place);
}

Motion choose_motion(Random& random, double short_side, double speed) {
  Motion motion;
  const bool is_still = random.chance(kStill);
  const double octaves = random.uniform(std::log2(kSlowest), std::log2(kFastest));
  const double way = random.uniform(-1, 1) * std::numbers::pi;
  const double step = is_still ? 0 : speed * short_side * std::exp2(octaves);
  motion.step_x = step * std::cos(way);
  motion.step_y = 0.5 * step * std::sin(way);  // as what walks and drives
  motion.sway = is_still ? 0 : speed * random.uniform(0, 0.2);
  motion.breath = is_still ? 0 : speed * random.uniform(0, 0.3);
  motion.period = random.uniform(20, 60);
  return motion;
}

}  // namespace

/// All of a film.
struct Script {
  std::shared_ptr<const World> world;
  std::shared_ptr<const Cast> cast;  ///< owns the pyramids
  Size size;
  Stage stage;
  std::vector<Motion> motions;  ///< of the things
  std::vector<int32_t> ids;     ///< of everything painted
};

namespace {

std::vector<int32_t> ids_of_stage(const Stage& stage) {
  std::vector<int32_t> ids;
  std::map<int64_t, int32_t> stuff;
  for (const StagedGround& one : stage.grounds) {
    const auto next = static_cast<int32_t>(stuff.size()) + 1;
    ids.push_back(stuff.try_emplace(one.actor.class_index, next).first->second);
  }
  for (size_t k = 0; k < stage.things.size(); ++k) {
    ids.push_back(static_cast<int32_t>(stuff.size() + k) + 1);
  }
  return ids;
}

// Frame 0 is as the stage was set.
void move(StagedThing& one, const Motion& motion, double t, Size size) {
  Pose& pose = one.thing.pose;
  const double margin = kMargin * one.longer_px;
  const double phase = std::sin(2 * std::numbers::pi * t / motion.period);
  pose.x = bounced(pose.x, motion.step_x * t, -margin, static_cast<double>(size.width) + margin);
  pose.y = bounced(pose.y, motion.step_y * t, -margin, static_cast<double>(size.height) + margin);
  pose.angle += motion.sway * phase;
  pose.scale *= std::exp2(motion.breath * phase);
}

}  // namespace

MovingScenes::MovingScenes(std::shared_ptr<const World> world, const SceneOptions& options,
                           const MotionOptions& motion)
    : world_(std::move(world)), options_(options), motion_(motion) {
  check_scene_options(options_);
  if (motion.frames < 1 || !(motion.speed >= 0) || motion.speed > 10) {
    fail(ErrorCode::invalid_argument, "a film of ", motion.frames, " frames at ", motion.speed,
         " times the speed: expected 1 frame or more, and 0 to 10");
  }
  cast_ = std::make_shared<Cast>(*world_, options_);
}

MovingScene MovingScenes::film(int64_t index) const {
  auto script = std::make_shared<Script>();
  Random random(options_.seed, static_cast<uint64_t>(index));
  Random moving(options_.seed ^ kMotionSeed, static_cast<uint64_t>(index));
  script->world = world_;
  script->cast = cast_;
  script->size = options_.size;
  script->stage = set_stage(random, *cast_, options_);
  const auto short_side = static_cast<double>(std::min(options_.size.height, options_.size.width));
  for (size_t k = 0; k < script->stage.things.size(); ++k) {
    script->motions.push_back(choose_motion(moving, short_side, motion_.speed));
  }
  script->ids = ids_of_stage(script->stage);
  return MovingScene(std::move(script));
}

SceneDataset::Placed MovingScene::frame(int64_t t) const {
  const Script& script = *script_;
  Stage stage = script.stage;
  for (size_t k = 0; k < stage.things.size(); ++k) {
    move(stage.things[k], script.motions[k], static_cast<double>(t), script.size);
  }
  const Painting painting = paint_stage(stage, script.size);
  const Segments segments = find_segments(painting, *script.world);
  SceneDataset::Placed placed;
  std::vector<int32_t> ids(painting.painted.size(), 0);
  std::vector<bool> listed(segments.shown.size(), false);
  for (size_t k = 0; k < ids.size(); ++k) {
    const int32_t segment = segments.of_painted[k];
    if (segment == 0) continue;
    ids[k] = script.ids[k];
    if (listed[segment - 1]) continue;
    listed[segment - 1] = true;
    const Actor& actor = painting.painted[k].actor;
    placed.sample.segments.push_back({ids[k], actor.class_index, false});
    placed.pictures.push_back(actor.picture);
  }
  char name[24];
  std::snprintf(name, sizeof name, "%06lld", static_cast<long long>(t));
  placed.sample.name = name;
  placed.sample.rgb = lit(painting.canvas, stage.daylight);
  placed.sample.ids = map_of(painting.canvas, ids);
  return placed;
}

}  // namespace fcclip::scenes
