#pragma once
// Files of this project, which may be replaced, and those of others, which may not.

#include <filesystem>

namespace fcclip::io {

/// To be called before long work that writes `output`. Throws Error{invalid_argument} when a file is
/// there that fcclip did not write (one of fcclip tells its format in its metadata), unless
/// `overwrite`.
void check_own_or_new(const std::filesystem::path& output, bool overwrite);

}  // namespace fcclip::io
