#include "apps/world_place.h"

#include <cstdlib>
#include <filesystem>

namespace fcclip::apps {

std::string default_world() {
  const char* cache = std::getenv("FCCLIP_WORLD_CACHE");
  const bool is_set = cache != nullptr && *cache != '\0';
  return (std::filesystem::path(is_set ? cache : ".cache/world") / "world.safetensors").string();
}

}  // namespace fcclip::apps
