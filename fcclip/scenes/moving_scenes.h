#pragma once
// Scenes that move: films with exact truth.

#include <memory>
#include <vector>

#include "fcclip/scenes/scenes.h"

namespace fcclip::scenes {

/// How things move.
struct MotionOptions {
  int64_t frames = 48;
  double speed = 1;  ///< of all movement; 0: nothing moves
};

class MovingScene;

/// Film i is scene i of SceneDataset with the same options, whose things begin to move: most of
/// them drift (up to 3 % of the shorter side a frame), leave the picture and come back, turn and
/// change their size a little; nearer ones pass before farther ones. Grounds stay.
///
/// A segment's id is the same in all frames: 1 … for the names of stuff, then the things. What is
/// too little to be named (SceneDataset's rule) is void in that frame.
class MovingScenes {
 public:
  /// Throws as SceneDataset; Error{invalid_argument} for no frames or a speed outside 0 … 10.
  MovingScenes(std::shared_ptr<const World> world, const SceneOptions& options,
               const MotionOptions& motion);
  int64_t frames() const { return motion_.frames; }
  /// A pure function of (world, options, motion, index).
  MovingScene film(int64_t index) const;

 private:
  std::shared_ptr<const World> world_;
  SceneOptions options_;
  MotionOptions motion_;
  std::shared_ptr<const Cast> cast_;
};

struct Script;

/// One film. Frames may be asked for in any order.
class MovingScene {
 public:
  explicit MovingScene(std::shared_ptr<const Script> script) : script_(std::move(script)) {}
  /// Sample::name is "000012"; its segments are those that are seen in the frame.
  SceneDataset::Placed frame(int64_t t) const;

 private:
  std::shared_ptr<const Script> script_;
};

}  // namespace fcclip::scenes
