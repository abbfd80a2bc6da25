#pragma once
// What the JSON files of scenes and of films of them have in common. Internal to the folder.

#include <nlohmann/json_fwd.hpp>

#include "fcclip/scenes/scenes.h"

namespace fcclip::scenes {

/// "segments_info" of a COCO panoptic file, with the picture of the world that each shows.
nlohmann::json segments_info(const SceneDataset::Placed& placed, const World& world);

/// Its categories, which also say "seen" and of which group they are.
nlohmann::json categories_of(const World& world);

}  // namespace fcclip::scenes
