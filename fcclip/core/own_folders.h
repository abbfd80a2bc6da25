#pragma once
// Where what belongs to the program lies: beside it or above it, installed (PREFIX/share/fcclip) as in a build folder.

#include <filesystem>
#include <vector>

namespace fcclip {

/// The folder of the program or library that this code is part of, and up to four folders above
/// it, nearest first. Empty when the system does not say.
std::vector<std::filesystem::path> own_folders();

/// The first `share/fcclip/<name>` in or above that folder that is there; empty when none is.
std::filesystem::path own_data(const std::filesystem::path& name);

}  // namespace fcclip
