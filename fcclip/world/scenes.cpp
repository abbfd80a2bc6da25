#include "fcclip/world/scenes.h"

namespace fcclip::world {

SceneDataset::SceneDataset(std::shared_ptr<const World> world, const SceneOptions& options)
    : world_(std::move(world)), options_(options) {}

data::Sample SceneDataset::get(int64_t index) const {
  return compose(index).sample;
}

}  // namespace fcclip::world
