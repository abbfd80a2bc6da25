// Small files that a test writes.
#pragma once

#include <filesystem>
#include <string>

namespace fcclip::test {

/// Both give the file's path.
std::string write_file(const std::filesystem::path& path, const std::string& bytes);
std::string write_gzip(const std::filesystem::path& path, const std::string& bytes);

}  // namespace fcclip::test
