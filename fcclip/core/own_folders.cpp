#include "fcclip/core/own_folders.h"

#include "fcclip/core/shared_library.h"

namespace fcclip {

namespace fs = std::filesystem;

namespace {

constexpr int kLevels = 5;  // PREFIX/lib/fcclip of a build folder two below the sources

// A library's file is known by its full path, a program's by how it was called.
fs::path own_file() {
  const fs::path file = file_of_address(reinterpret_cast<const void*>(&own_folders));
  std::error_code ignored;
  return file.is_absolute() ? fs::canonical(file, ignored)
                            : fs::read_symlink("/proc/self/exe", ignored);
}

}  // namespace

std::vector<fs::path> own_folders() {
  std::vector<fs::path> folders;
  fs::path folder = own_file().parent_path();
  for (int level = 0; level < kLevels && !folder.empty(); ++level) {
    folders.push_back(folder);
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return folders;
}

fs::path own_data(const fs::path& name) {
  std::error_code ignored;
  for (const fs::path& folder : own_folders()) {
    fs::path data = folder / "share" / "fcclip" / name;
    if (fs::exists(data, ignored)) return data;
  }
  return {};
}

}  // namespace fcclip
