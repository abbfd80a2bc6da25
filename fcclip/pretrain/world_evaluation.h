#pragma once
// What a CLIP knows of the synthetic world while it learns.

#include <memory>

#include "fcclip/engine/loop.h"
#include "fcclip/pretrain/options.h"
#include "fcclip/pretrain/scene_pairs.h"
#include "fcclip/pretrain/zero_shot.h"
#include "fcclip/scenes/world.h"

namespace fcclip::pretrain {

/// Zero-shot names (zero_shot.h) of scenes of pictures that it has learned from ("known_…") and of
/// pictures that were kept from it ("held_out_…"), in percent.
class WorldEvaluation {
 public:
  /// `options` must outlive this.
  WorldEvaluation(const std::shared_ptr<const scenes::World>& world,
                  const PretrainOptions& options);

  /// is_last: all templates and four times the scenes.
  engine::Numbers operator()(const model::Clip& clip, bool is_last) const;

 private:
  const PretrainOptions& options_;
  ZeroShotWords words_;
  SceneSource known_, held_out_;
};

}  // namespace fcclip::pretrain
