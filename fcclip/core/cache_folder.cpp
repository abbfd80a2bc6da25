#include "fcclip/core/cache_folder.h"

#include "fcclip/core/environment.h"

namespace fcclip {

std::optional<std::filesystem::path> user_cache_folder() {
  const std::optional<std::string> cache = environment_text("XDG_CACHE_HOME");
  if (cache && cache->front() == '/') return std::filesystem::path(*cache) / "fcclip";
  const std::optional<std::string> home = environment_text("HOME");
  if (home) return std::filesystem::path(*home) / ".cache" / "fcclip";
  return std::nullopt;
}

}  // namespace fcclip
