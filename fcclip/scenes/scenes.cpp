#include "fcclip/scenes/scenes.h"

#include <algorithm>

#include "fcclip/core/error.h"
#include "fcclip/scenes/caption.h"
#include "fcclip/scenes/cast.h"
#include "fcclip/scenes/stage.h"

namespace fcclip::scenes {
namespace {

constexpr int64_t kMinSide = 32, kMaxSide = 4096;

}  // namespace

void check_scene_options(const SceneOptions& options) {
  for (const int64_t side : {options.size.height, options.size.width}) {
    if (side < kMinSide || side > kMaxSide) {
      fail(ErrorCode::invalid_argument, "scenes are ", kMinSide, " to ", kMaxSide,
           " pixels high and wide, not ", side);
    }
  }
  if (options.min_things < 0 || options.max_things < options.min_things) {
    fail(ErrorCode::invalid_argument, "scenes of ", options.min_things, " to ", options.max_things,
         " things: expected 0 <= least <= most");
  }
}

SceneDataset::SceneDataset(std::shared_ptr<const World> world, const SceneOptions& options)
    : world_(std::move(world)), options_(options) {
  check_scene_options(options_);
  cast_ = std::make_shared<Cast>(*world_, options_);
}

data::Sample SceneDataset::get(int64_t index) const {
  return compose(index).sample;
}

SceneDataset::Placed SceneDataset::compose(int64_t index) const {
  Random random(options_.seed, static_cast<uint64_t>(index));
  const Stage stage = set_stage(random, *cast_, options_);
  const Painting painting = paint_stage(stage, options_.size);
  const Segments segments = find_segments(painting, *world_);
  Placed placed;
  placed.sample.name = "scene_" + std::to_string(index);
  placed.sample.rgb = lit(painting.canvas, stage.daylight);
  placed.sample.ids = map_of(painting.canvas, segments.of_painted);
  std::vector<Seen> seen;
  for (size_t k = 0; k < segments.shown.size(); ++k) {
    const Actor& actor = segments.shown[k]->actor;
    placed.sample.segments.push_back({static_cast<int64_t>(k) + 1, actor.class_index, false});
    placed.pictures.push_back(actor.picture);
    seen.push_back({&world_->concepts()[actor.class_index], actor.picture, segments.areas_px[k]});
  }
  placed.sample.caption = caption_of(random, std::move(seen));
  return placed;
}

}  // namespace fcclip::scenes
