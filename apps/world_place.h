#pragma once
// Where the world of pictures lies unless somebody says so.

#include <string>

namespace fcclip::apps {

/// world.safetensors in $FCCLIP_WORLD_CACHE, or in .cache/world: where scripts/world.sh puts it.
std::string default_world();

}  // namespace fcclip::apps
