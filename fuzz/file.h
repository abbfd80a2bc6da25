#pragma once
// Bytes as a file, for parsers that want a name. TMPDIR should be in memory (scripts/fuzz.sh).

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace fcclip::fuzz {

/// One file a process, overwritten each time; `suffix` keeps kinds apart.
inline const std::filesystem::path& file_of(std::string_view bytes, const std::string& suffix) {
  static const std::filesystem::path base =
      std::filesystem::temp_directory_path() / ("fcclip-fuzz-" + std::to_string(getpid()));
  static thread_local std::filesystem::path path;
  path = base;
  path += suffix;
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

}  // namespace fcclip::fuzz
