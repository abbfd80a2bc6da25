#include "fcclip/data/coco_layout.h"

#include <algorithm>
#include <string>

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

// "coco" of "coco/annotations/x.json", also where the path is "x.json" alone.
fs::path above(const fs::path& json) {
  return fs::absolute(json).parent_path().parent_path();
}

bool holds_png(const fs::path& folder) {
  std::error_code error;
  const fs::directory_iterator files(folder, error);
  return !error && std::any_of(begin(files), end(files), [](const fs::directory_entry& entry) {
    return entry.path().extension() == ".png";
  });
}

}  // namespace

fs::path panoptic_png_folder(const fs::path& json) {
  const fs::path beside = json.parent_path() / json.stem();
  if (fs::is_directory(beside)) return beside;
  if (const fs::path coco = above(json) / json.stem(); fs::is_directory(coco)) return coco;
  const fs::path own = json.parent_path().empty() ? "." : json.parent_path();
  return holds_png(own) ? own : beside;
}

fs::path picture_folder_of(const fs::path& json) {
  const fs::path beside = json.parent_path() / "images";
  if (fs::is_directory(beside)) return beside;
  const std::string stem = json.stem().string();
  const fs::path coco = above(json) / stem.substr(stem.rfind('_') + 1);
  return stem.find('_') != std::string::npos && fs::is_directory(coco) ? coco : beside;
}

}  // namespace fcclip::data
