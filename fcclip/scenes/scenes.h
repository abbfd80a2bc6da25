#pragma once
// Endless scenes composed of the world's pictures, with exact truth.

#include <memory>

#include "fcclip/core/size.h"
#include "fcclip/data/dataset.h"
#include "fcclip/scenes/world.h"

namespace fcclip::scenes {

enum class Concepts { seen, all };        ///< which things may appear; stuff always may
enum class Pictures { known, held_out };  ///< pictures for training, or those kept from it

/// What scenes may hold. Scenes of equal options are equal.
struct SceneOptions {
  Size size{256, 256};
  Concepts concepts = Concepts::seen;
  Pictures pictures = Pictures::known;
  int64_t min_things = 2, max_things = 12;
  uint64_t seed = 0;
  bool only_free = false;  ///< only pictures that Picture::is_free
};

/// Throws Error{invalid_argument}: sizes outside 32 … 4096, min_things > max_things.
void check_scene_options(const SceneOptions& options);

class Cast;

/// Scene i is a pure function of (world, options, i). Sample::ids are 1…N, class indices are
/// positions in World::vocabulary(); the caption names the scene's largest segments.
///
/// One to four regions of stuff (of one name: one segment), then the things, larger ones first:
/// each concept equally likely, the longer side 1/8 to 1 of the picture's shorter side. A pixel
/// belongs to what covers more than half of it. A segment of which fewer than 16 pixels or 1/1000
/// of the picture are left to see, and a thing of which less than 15 % is, become void: nobody
/// could name them.
class SceneDataset final : public data::Dataset {
 public:
  /// Throws Error{invalid_argument}: sizes outside 32 … 4096, min_things > max_things, or no
  /// picture that the options allow.
  SceneDataset(std::shared_ptr<const World> world, const SceneOptions& options);
  int64_t size() const override { return kEndless; }
  data::Sample get(int64_t index) const override;
  const classify::Vocabulary& vocabulary() const override { return world_->vocabulary(); }
  /// Which picture segment k+1 of scene `index` shows comes with the sample when asked for here.
  struct Placed {
    data::Sample sample;
    std::vector<const Picture*> pictures;  ///< parallel to sample.segments
  };
  /// Thread-safe; runs on the calling thread alone.
  Placed compose(int64_t index) const;

 private:
  std::shared_ptr<const World> world_;
  SceneOptions options_;
  std::shared_ptr<const Cast> cast_;
};

}  // namespace fcclip::scenes
