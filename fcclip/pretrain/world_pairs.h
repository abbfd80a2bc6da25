#pragma once
// The synthetic world as a source of pairs.

#include <memory>

#include "fcclip/pretrain/scene_pairs.h"
#include "fcclip/scenes/scenes.h"

namespace fcclip::pretrain {

/// Every concept of the world: name, synonyms, broader terms, in the vocabulary's order.
std::vector<Subject> subjects_of(const scenes::World& world);
std::vector<bool> things_of(const scenes::World& world);

/// Scenes with the captions of the pictures they show.
SceneSource scenes_of(std::shared_ptr<const scenes::World> world,
                      const scenes::SceneOptions& options);

/// Known pictures of all concepts, seen and unseen: crops of scenes of `scene_side` pixels, and of
/// smaller ones with a single thing while the run is young.
std::shared_ptr<const PairSource> make_world_pairs(std::shared_ptr<const scenes::World> world,
                                                   int64_t scene_side,
                                                   const ScenePairOptions& options);

}  // namespace fcclip::pretrain
