#include "fcclip/runs/inputs.h"

#include <algorithm>
#include <cstdlib>
#include <glob.h>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sys/stat.h>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/runs/natural_order.h"
#include "fcclip/runs/picture_folder.h"
#include "fcclip/runs/written_files.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;

bool is_pattern(const std::string& text) {
  return text.find_first_of("*?[") != std::string::npos;
}

// Each character taken as it is.
std::string literal_pattern(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::vector<fs::path> matches_of(const std::string& pattern) {
  glob_t matches{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&matches, globfree);
  std::vector<fs::path> found;
  if (glob(pattern.c_str(), GLOB_TILDE, nullptr, &matches) != 0) return found;
  for (size_t i = 0; i < matches.gl_pathc; ++i) found.emplace_back(matches.gl_pathv[i]);
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.native(), b.native());
  });
  return found;
}

// "photos [2019]/*.jpg", where a folder of that very name exists.
std::vector<fs::path> pattern_matches(const std::string& pattern) {
  std::vector<fs::path> found = matches_of(pattern);
  const fs::path path(pattern);
  std::error_code error;
  if (found.empty() && path.has_parent_path() && fs::is_directory(path.parent_path(), error)) {
    found = matches_of(literal_pattern(path.parent_path()) + "/" + path.filename().string());
  }
  return found;
}

fs::path without_extension(const fs::path& path) {
  return path.parent_path() / path.stem();
}

// a.jpg and a.png in one run would overwrite each other's results: both keep their extension then;
// equal names from different folders get a number.
void make_stems_unique(std::vector<InputPicture>& pictures) {
  std::map<fs::path, int> stems, names;
  for (const InputPicture& picture : pictures) ++stems[without_extension(picture.output_stem)];
  for (InputPicture& picture : pictures) {
    const fs::path stem = without_extension(picture.output_stem);
    if (stems[stem] == 1) {
      picture.output_stem = stem;
      continue;
    }
    const int copy = ++names[picture.output_stem];
    if (copy > 1) picture.output_stem += "." + std::to_string(copy);
  }
}

class Collector {
 public:
  explicit Collector(const fs::path& output_folder) : output_folder_(output_folder) {}

  void add(const std::string& input) {
    std::error_code error;
    if (input == "-") {
      if (!standard_input_.insert(input).second) {
        fail(ErrorCode::invalid_argument, "- is named twice; standard input holds one picture");
      }
      list_.pictures.push_back({{}, "stdin"});
    } else if (fs::is_directory(input, error)) {
      add_folder(input);
    } else if (!fs::exists(input, error) && is_pattern(input)) {
      add_pattern(input);
    } else {
      add_file(input, fs::path(input).filename());
    }
  }

  InputList take(bool several) {
    if (several) leave_out_own_results();
    if (list_.pictures.empty()) {
      fail(ErrorCode::invalid_argument, "no input: name a picture, folder or -");
    }
    make_stems_unique(list_.pictures);
    return std::move(list_);
  }

 private:
  void add_file(const fs::path& path, const fs::path& output_stem) {
    if (!taken_.insert(fs::absolute(path).lexically_normal()).second) return;
    list_.pictures.push_back({path, output_stem});
  }

  void add_folder(const fs::path& folder) {
    const FolderListing listing = list_pictures(folder, output_folder_);
    const std::string left = left_out(listing);
    if (listing.pictures.empty()) {
      fail(ErrorCode::not_found, folder.string(),
           ": no pictures (jpg, png, webp, tif, bmp, gif, avif, heic) in this folder",
           left.empty() ? "" : "; ", left);
    }
    if (!left.empty()) list_.notes.push_back(folder.string() + ": left out: " + left);
    for (const fs::path& path : listing.pictures) {
      add_file(path, path.lexically_relative(folder));
    }
  }

  void add_pattern(const std::string& pattern) {
    const size_t before = list_.pictures.size();
    bool folders = false;
    for (const fs::path& path : pattern_matches(pattern)) {
      std::error_code error;
      if (fs::is_directory(path, error)) {
        folders = true;
        add_folder(path);
      } else if (image::has_image_extension(path)) {
        add_file(path, path.filename());
      }
    }
    if (list_.pictures.size() == before && !folders) {
      fail(ErrorCode::not_found, pattern, ": no picture matches");
    }
  }

  // *.png in a folder that results lie in too.
  void leave_out_own_results() {
    const size_t left = std::erase_if(list_.pictures, [this](const InputPicture& picture) {
      if (picture.path.empty()) return false;
      const fs::path parent = picture.path.parent_path();
      return list_of(output_folder_).lists(picture.path) ||
             list_of(parent.empty() ? "." : parent).lists(picture.path);
    });
    if (left == 0) return;
    list_.notes.push_back(
        std::to_string(left) +
        (left == 1 ? " of the pictures named is a result" : " of the pictures named are results") +
        " of fcclip and left out");
  }

  const WrittenFiles& list_of(const fs::path& folder) {
    return lists_.try_emplace(folder, folder).first->second;
  }

  const fs::path& output_folder_;
  InputList list_;
  std::set<fs::path> taken_;
  std::set<std::string> standard_input_;
  std::map<fs::path, WrittenFiles> lists_;
};

}  // namespace

InputList expand_inputs(const std::vector<std::string>& inputs, const fs::path& output_folder) {
  Collector collector(output_folder);
  for (const std::string& input : inputs) collector.add(expand_home(input));
  return collector.take(inputs.size() > 1 || (inputs.size() == 1 && is_pattern(inputs.front())));
}

std::string expand_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  std::error_code error;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0' || fs::exists(path, error)) return path;
  return home + path.substr(1);
}

std::string read_standard_input() {
  std::cin >> std::noskipws;
  std::string bytes(std::istreambuf_iterator<char>(std::cin), {});
  if (std::cin.bad()) fail(ErrorCode::io_failure, "standard input: reading failed");
  return bytes;
}

std::string file_state(const InputPicture& picture) {
  struct stat about {};
  if (picture.path.empty() || ::stat(picture.path.c_str(), &about) != 0) return "";
  return std::to_string(about.st_size) + " " + std::to_string(about.st_mtim.tv_sec) + "." +
         std::to_string(about.st_mtim.tv_nsec);
}

}  // namespace fcclip::runs
