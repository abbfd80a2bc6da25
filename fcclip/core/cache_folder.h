#pragma once
// Where this user's caches lie.

#include <filesystem>
#include <optional>

namespace fcclip {

/// $XDG_CACHE_HOME/fcclip or ~/.cache/fcclip; nothing when neither variable is set.
std::optional<std::filesystem::path> user_cache_folder();

}  // namespace fcclip
