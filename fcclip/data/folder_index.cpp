#include "fcclip/data/folder_index.h"

#include "fcclip/core/error.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

// The name without the first suffix that fits; empty when none does.
std::string name_before(const std::string& file, const std::vector<std::string>& suffixes) {
  for (const std::string& suffix : suffixes) {
    if (file.size() > suffix.size() && file.ends_with(suffix)) {
      return file.substr(0, file.size() - suffix.size());
    }
  }
  return "";
}

void add_folder(const fs::path& folder, const std::vector<std::string>& suffixes,
                FolderIndex& index) {
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
    if (!entry.is_regular_file() || entry.path().filename().string().starts_with('.')) continue;
    const std::string name = name_before(entry.path().filename().string(), suffixes);
    if (name.empty()) continue;
    const auto [found, added] = index.emplace(name, entry.path());
    if (!added) {
      fail(ErrorCode::bad_format, entry.path().string(), " and ", found->second.string(),
           " have the same name; names must be unique in a data set");
    }
  }
}

}  // namespace

FolderIndex index_folder(const std::vector<fs::path>& folders,
                         const std::vector<std::string>& suffixes, const std::string& advice) {
  FolderIndex index;
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder)) {
      fail(ErrorCode::not_found, folder.string(), ": no such folder", advice);
    }
    try {
      add_folder(folder, suffixes, index);
    } catch (const fs::filesystem_error& error) {
      fail(ErrorCode::io_failure, folder.string(), ": ", error.code().message());
    }
  }
  if (index.empty()) {
    fail(ErrorCode::not_found, folders.front().string(), ": no files *", suffixes.front(), " in it",
         advice);
  }
  return index;
}

std::string stem_of(const std::string& file_name) {
  return fs::path(file_name).stem().string();
}

}  // namespace fcclip::data
