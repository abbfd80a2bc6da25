#include "apps/inputs.h"

#include <algorithm>
#include <glob.h>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>

#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

void add_folder(const fs::path& folder, std::vector<InputPicture>& out) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator
           it(folder, fs::directory_options::skip_permission_denied, error),
       end;
       !error && it != end; it.increment(error)) {
    if (it->is_regular_file() && image::has_image_extension(it->path()))
      found.push_back(it->path());
  }
  if (error) fail(ErrorCode::io_failure, folder.string(), ": ", error.message());
  if (found.empty()) {
    fail(ErrorCode::not_found, folder.string(),
         ": no pictures (jpg, png, webp, tif) in this folder");
  }
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found) out.push_back({path, fs::relative(path, folder)});
}

bool is_pattern(const std::string& text) {
  return text.find_first_of("*?[") != std::string::npos;
}

void add_pattern(const std::string& pattern, std::vector<InputPicture>& out) {
  glob_t matches{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&matches, globfree);
  if (glob(pattern.c_str(), GLOB_TILDE, nullptr, &matches) != 0) {
    fail(ErrorCode::not_found, pattern, ": no file matches");
  }
  for (size_t i = 0; i < matches.gl_pathc; ++i) {
    const fs::path path = matches.gl_pathv[i];
    if (fs::is_regular_file(path)) out.push_back({path, path.filename()});
  }
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

}  // namespace

std::vector<InputPicture> expand_inputs(const std::vector<std::string>& inputs) {
  std::vector<InputPicture> pictures;
  for (const std::string& input : inputs) {
    if (input == "-") {
      pictures.push_back({{}, "stdin"});
    } else if (fs::is_directory(input)) {
      add_folder(input, pictures);
    } else if (!fs::exists(input) && is_pattern(input)) {
      add_pattern(input, pictures);
    } else {
      pictures.push_back({input, fs::path(input).filename()});
    }
  }
  if (pictures.empty()) fail(ErrorCode::invalid_argument, "no input: name a picture, folder or -");
  make_stems_unique(pictures);
  return pictures;
}

std::string read_standard_input() {
  std::cin >> std::noskipws;
  std::string bytes(std::istreambuf_iterator<char>(std::cin), {});
  if (std::cin.bad()) fail(ErrorCode::io_failure, "standard input: reading failed");
  return bytes;
}

}  // namespace fcclip::apps
