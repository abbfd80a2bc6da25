#include "fcclip/data/file_table.h"

#include <algorithm>
#include <cctype>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

// The length of the suffix that fits; 0 when none does.
size_t suffix_length(const std::string& file, const std::vector<std::string>& suffixes) {
  if (suffixes.empty()) {
    const fs::path path(file);
    return image::has_image_extension(path) ? path.extension().string().size() : 0;
  }
  for (const std::string& suffix : suffixes) {
    if (file.size() > suffix.size() && file.ends_with(suffix)) return suffix.size();
  }
  return 0;
}

std::string with_slashes(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

// "C:\data\cam0\a.jpg" -> {"C:/data/cam0/a.jpg", "data/cam0/a.jpg", "cam0/a.jpg", "a.jpg"}
std::vector<std::string> tails_of(const std::string& file_name) {
  std::vector<std::string> parts;
  for (const fs::path& part : fs::path(with_slashes(file_name)).lexically_normal()) {
    const std::string text = part.string();
    if (!text.empty() && text != "/" && text != "." && text != "..") parts.push_back(text);
  }
  std::vector<std::string> tails;
  std::string tail;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    tail = tail.empty() ? *part : *part + "/" + tail;
    tails.insert(tails.begin(), tail);
  }
  return tails;
}

std::string without_ending(const std::string& path) {
  return fs::path(path).replace_extension().generic_string();
}

// "JPG", "jpeg" -> "jpg"
std::string kind_of_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == ".jpeg" || ending == ".jpe") return ".jpg";
  return ending == ".tiff" ? ".tif" : ending;
}

}  // namespace

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

fs::path file_below(const fs::path& folder, const std::string& file_name) {
  const fs::path slashed = with_slashes(file_name);
  for (const fs::path& name : {fs::path(file_name), slashed, slashed.filename(),
                               fs::path(slashed).replace_extension(".png"),
                               slashed.filename().replace_extension(".png")}) {
    std::error_code error;
    if (fs::is_regular_file(folder / name, error)) return folder / name;
  }
  return folder / file_name;
}

FileTable::FileTable(const std::vector<fs::path>& folders, const std::vector<std::string>& suffixes,
                     const std::string& advice, const std::set<fs::path>& left_out)
    : folder_(folders.front()) {
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder)) {
      fail(ErrorCode::not_found, folder.string(),
           fs::exists(folder) ? ": a file, expected a folder" : ": no such folder", advice);
    }
    try {
      add_folder(folder, suffixes, left_out);
    } catch (const fs::filesystem_error& error) {
      fail(ErrorCode::io_failure, folder.string(), ": ", error.code().message());
    }
  }
  if (files_.empty()) {
    fail(ErrorCode::not_found, folders.front().string(), ": no ",
         suffixes.empty() ? "picture" : "files *" + suffixes.front(), " in it", advice);
  }
  std::sort(files_.begin(), files_.end(),
            [](const ListedFile& a, const ListedFile& b) { return a.relative < b.relative; });
  for (size_t i = 0; i < files_.size(); ++i) {
    by_relative_[files_[i].relative].push_back(i);
    by_bare_[files_[i].bare].push_back(i);
    by_name_[files_[i].name].push_back(i);
  }
}

void FileTable::add_folder(const fs::path& folder, const std::vector<std::string>& suffixes,
                           const std::set<fs::path>& left_out) {
  fs::recursive_directory_iterator entry(folder, fs::directory_options::follow_directory_symlink);
  for (; entry != fs::recursive_directory_iterator(); ++entry) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file()) continue;
    const std::string relative = entry->path().lexically_relative(folder).generic_string();
    const size_t suffix = suffix_length(entry->path().filename().string(), suffixes);
    if (suffix == 0 || left_out.contains(entry->path().lexically_normal())) continue;
    const std::string bare = relative.substr(0, relative.size() - suffix);
    files_.push_back({entry->path(), relative, bare, bare.substr(bare.rfind('/') + 1)});
  }
}

const ListedFile* FileTable::only(const std::vector<size_t>& found,
                                  const std::string& asked) const {
  if (found.size() == 1) return &files_[found.front()];
  const ListedFile* same_ending = nullptr;
  int64_t count = 0;
  for (const size_t i : found) {
    if (kind_of_ending(files_[i].path) != kind_of_ending(with_slashes(asked))) continue;
    same_ending = &files_[i];
    ++count;
  }
  if (count == 1) return same_ending;
  fail(ErrorCode::bad_format, files_[found[0]].path.string(), " and ",
       files_[found[1]].path.string(), " may both be meant by \"", asked, "\"");
}

const ListedFile* FileTable::at(const std::string& file_name) const {
  const auto found = by_relative_.find(file_name);
  if (found != by_relative_.end()) return only(found->second, file_name);
  const std::vector<std::string> tails = tails_of(file_name);
  if (tails.empty()) return nullptr;
  const auto normal = by_relative_.find(tails.front());
  return normal == by_relative_.end() ? nullptr : only(normal->second, file_name);
}

const ListedFile* FileTable::like(const std::string& file_name) const {
  const std::vector<std::string> tails = tails_of(file_name);
  for (const std::string& tail : tails) {
    const auto found = by_relative_.find(tail);
    if (found != by_relative_.end()) return only(found->second, file_name);
  }
  for (const std::string& tail : tails) {
    for (const std::string& bare : {tail, without_ending(tail)}) {
      const auto found = by_bare_.find(bare);
      if (found != by_bare_.end()) return only(found->second, file_name);
    }
  }
  if (tails.empty()) return nullptr;
  const auto found = by_name_.find(without_ending(tails.back()));
  return found == by_name_.end() ? nullptr : only(found->second, file_name);
}

const ListedFile* FileTable::named(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : only(found->second, name);
}

std::vector<const ListedFile*> FileTable::with_bare(const std::string& bare) const {
  std::vector<const ListedFile*> files;
  const auto found = by_bare_.find(bare);
  if (found == by_bare_.end()) return files;
  for (const size_t i : found->second) files.push_back(&files_[i]);
  return files;
}

}  // namespace fcclip::data
