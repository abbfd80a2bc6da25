#pragma once

#include <filesystem>
#include <string>

namespace fcclip::test {

/// The bytes of a file, unpacked by gzip where it is packed. Empty when there is no such file.
std::string unpacked(const std::filesystem::path& file);

}  // namespace fcclip::test
