#pragma once
// Files of the project itself.

#include <filesystem>

namespace fcclip::test {

std::filesystem::path source_folder();

}  // namespace fcclip::test
