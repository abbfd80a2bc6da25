#include "fcclip/scenes/stage.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

namespace fcclip::scenes {
namespace {

constexpr int64_t kMinVisiblePx = 16;
constexpr double kMinVisibleShare = 0.001;  // of the picture
constexpr double kMinVisiblePart = 0.15;    // of the thing
// A small picture is not blown up more than this.
constexpr double kMaxScale = 4;

struct Placement {
  Actor actor;
  double longer_px = 0, x = 0, y = 0;
};

class Stager {
 public:
  Stager(Random& random, const Cast& cast, const SceneOptions& options)
      : random_(random),
        cast_(cast),
        options_(options),
        short_side_(static_cast<double>(std::min(options.size.height, options.size.width))) {}

  Stage choose() {
    choose_grounds();
    choose_things();
    stage_.daylight.level = random_.uniform(0.85, 1.1);
    stage_.daylight.across = random_.uniform(-0.25, 0.25);
    stage_.daylight.down = random_.uniform(-0.25, 0.25);
    return std::move(stage_);
  }

 private:
  void choose_grounds();
  void choose_things();
  StagedThing thing_of(const Placement& placement, const Shadow& sun);
  Placement place(int64_t count, const std::vector<Placement>& others);
  Light light(double strength);

  Random& random_;
  const Cast& cast_;
  const SceneOptions& options_;
  double short_side_;
  Stage stage_;
};

/// Contrast about middle grey, brightness, and a tint.
Light Stager::light(double strength) {
  const double brightness = std::exp2(random_.uniform(-0.6, 0.45) * strength);
  const double contrast = std::exp2(random_.uniform(-0.4, 0.3) * strength);
  Light light;
  for (int c = 0; c < 3; ++c) {
    const double tint = std::exp2(random_.uniform(-0.15, 0.15) * strength);
    light.gain[c] = static_cast<float>(brightness * contrast * tint);
    light.offset[c] = static_cast<float>(128 * (1 - contrast) * brightness);
  }
  return light;
}

void Stager::choose_grounds() {
  std::vector<int64_t> used;
  for (Region& region : make_regions(random_, options_.size)) {
    Actor actor = cast_.pick_stuff(random_, region.role);
    // Mostly another name than the regions before it have; the same now and then, as in the world.
    for (int again = 0; again < 4; ++again) {
      if (std::find(used.begin(), used.end(), actor.class_index) == used.end()) break;
      actor = cast_.pick_stuff(random_, region.role);
    }
    used.push_back(actor.class_index);
    Ground ground;
    ground.pyramid = actor.pyramid;
    ground.tileable = actor.picture->tileable;
    ground.light = light(0.8);
    const Level& full = actor.pyramid->levels().front();
    // One picture spans half to twice the scene.
    ground.pose.scale =
        short_side_ / std::min(full.width, full.height) * std::exp2(random_.uniform(-1.0, 1.0));
    ground.pose.angle = random_.chance(0.75) ? random_.uniform(-0.15, 0.15)
                                             : random_.uniform(-1, 1) * std::numbers::pi;
    ground.pose.x = random_.uniform() * full.width * ground.pose.scale;
    ground.pose.y = random_.uniform() * full.height * ground.pose.scale;
    ground.pose.is_flipped = random_.chance(0.5);
    ground.pose.blur = random_.chance(0.2) ? random_.uniform(0, 1.2) : 0;
    stage_.grounds.push_back({actor, std::move(region.coverage), ground});
  }
}

/// How much of the smaller one's box the boxes of two placements share, roughly.
double overlap(const Placement& a, const Placement& b) {
  const double reach = 0.5 * (a.longer_px + b.longer_px), less = std::min(a.longer_px, b.longer_px);
  const double dx = std::min(reach - std::abs(a.x - b.x), less);
  const double dy = std::min(reach - std::abs(a.y - b.y), less);
  return dx > 0 && dy > 0 ? dx * dy / (less * less) : 0;
}

/// The size is drawn evenly in octaves, with many things smaller ones being likelier; of three
/// places the one that hides least is taken, so that things occlude but seldom bury one another.
Placement Stager::place(int64_t count, const std::vector<Placement>& others) {
  Placement best;
  best.actor = cast_.pick_thing(random_);
  const double skew = count <= 3 ? 1.0 : count <= 6 ? 1.3 : 1.8;
  const Level& full = best.actor.pyramid->levels().front();
  const double octaves = -3 + 3 * std::pow(random_.uniform(), skew);
  const double longest = kMaxScale * std::max(full.width, full.height);
  best.longer_px = std::min(short_side_ * std::exp2(octaves), longest);
  double least = 1e9;
  for (int trial = 0; trial < 3; ++trial) {
    Placement tried = best;
    tried.x = options_.size.width * random_.uniform(0.04, 0.96);
    tried.y = options_.size.height * random_.uniform(0.04, 0.96);
    double hidden = 0;
    for (const Placement& other : others) hidden += overlap(tried, other);
    if (hidden < least) {
      least = hidden;
      best.x = tried.x;
      best.y = tried.y;
    }
  }
  return best;
}

void Stager::choose_things() {
  const int64_t count =
      options_.min_things + random_.below(options_.max_things - options_.min_things + 1);
  std::vector<Placement> placements;
  for (int64_t k = 0; k < count; ++k) placements.push_back(place(count, placements));
  std::stable_sort(
      placements.begin(), placements.end(),
      [](const Placement& a, const Placement& b) { return a.longer_px > b.longer_px; });
  // One sun a scene: offsets per pixel of the thing's size.
  const Shadow sun{random_.uniform(-0.12, 0.12), random_.uniform(0.02, 0.12),
                   random_.chance(0.8) ? random_.uniform(0.15, 0.55) : 0};
  for (const Placement& placement : placements) stage_.things.push_back(thing_of(placement, sun));
}

StagedThing Stager::thing_of(const Placement& placement, const Shadow& sun) {
  Thing thing;
  thing.pyramid = placement.actor.pyramid;
  const Level& full = thing.pyramid->levels().front();
  thing.pose.x = placement.x;
  thing.pose.y = placement.y;
  thing.pose.scale = placement.longer_px / std::max(full.width, full.height);
  thing.pose.angle = random_.chance(0.8) ? random_.uniform(-0.35, 0.35)
                                         : random_.uniform(-1, 1) * std::numbers::pi;
  thing.pose.is_flipped = random_.chance(0.5);
  thing.pose.blur = random_.chance(0.25) ? random_.uniform(0, 1.1) : 0;
  thing.light = light(1);
  thing.shadow = {sun.dx * placement.longer_px, sun.dy * placement.longer_px, sun.strength};
  return {placement.actor, placement.longer_px, thing};
}

std::vector<int64_t> count_pixels(const Painting& painting) {
  std::vector<int64_t> counts(painting.painted.size());
  for (const int32_t owner : painting.canvas.owner) ++counts[owner - 1];
  return counts;
}

}  // namespace

Stage set_stage(Random& random, const Cast& cast, const SceneOptions& options) {
  return Stager(random, cast, options).choose();
}

Painting paint_stage(const Stage& stage, Size size) {
  Painting painting{Canvas(size), {}};
  for (const StagedGround& one : stage.grounds) {
    painting.painted.push_back({one.actor, 0});
    paint_ground(painting.canvas, one.coverage, one.ground,
                 static_cast<int32_t>(painting.painted.size()));
  }
  for (const StagedThing& one : stage.things) {
    const double scale = one.thing.pose.scale;
    painting.painted.push_back({one.actor, one.thing.pyramid->opaque_px() * scale * scale});
    paint_thing(painting.canvas, one.thing, static_cast<int32_t>(painting.painted.size()));
  }
  return painting;
}

at::Tensor lit(const Canvas& canvas, const Daylight& light) {
  const auto [height, width] = canvas.size;
  at::Tensor rgb = at::empty({height, width, 3}, at::kByte);
  uint8_t* to = rgb.data_ptr<uint8_t>();
  for (int64_t y = 0, k = 0; y < height; ++y) {
    const double row = light.level + light.down * ((y + 0.5) / height - 0.5);
    for (int64_t x = 0; x < width; ++x, ++k, to += 3) {
      const auto gain = static_cast<float>(row + light.across * ((x + 0.5) / width - 0.5));
      const Pixel pixel = canvas.pixels[k] * gain + 0.5f;
      for (int c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>(std::clamp(pixel[c], 0.0f, 255.0f));
    }
  }
  return rgb;
}

Segments find_segments(const Painting& painting, const World& world) {
  const std::vector<Painted>& painted = painting.painted;
  const std::vector<int64_t> counts = count_pixels(painting);
  const double pixels = static_cast<double>(painting.canvas.owner.size());
  const double least = std::max<double>(kMinVisiblePx, kMinVisibleShare * pixels);
  Segments segments{std::vector<int32_t>(painted.size()), {}, {}};
  for (size_t k = 0; k < painted.size(); ++k) {
    const int64_t class_index = painted[k].actor.class_index;
    int64_t area = counts[k];
    if (!world.concepts()[class_index].is_thing) {
      // Regions of one name are one segment, counted at the first of them.
      const auto same = [&](size_t j) { return painted[j].actor.class_index == class_index; };
      size_t first = 0;
      while (!same(first)) ++first;
      if (first < k) {
        segments.of_painted[k] = segments.of_painted[first];
        continue;
      }
      for (size_t j = k + 1; j < painted.size(); ++j) area += same(j) ? counts[j] : 0;
    }
    if (area < least || area < kMinVisiblePart * painted[k].whole_px) continue;
    segments.shown.push_back(&painted[k]);
    segments.areas_px.push_back(area);
    segments.of_painted[k] = static_cast<int32_t>(segments.shown.size());
  }
  return segments;
}

at::Tensor map_of(const Canvas& canvas, const std::vector<int32_t>& id_of_painted) {
  at::Tensor ids = at::empty({canvas.size.height, canvas.size.width}, at::kInt);
  std::transform(canvas.owner.begin(), canvas.owner.end(), ids.data_ptr<int32_t>(),
                 [&](int32_t owner) { return id_of_painted[owner - 1]; });
  return ids;
}

}  // namespace fcclip::scenes
