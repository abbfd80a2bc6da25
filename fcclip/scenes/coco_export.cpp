#include "fcclip/scenes/coco_export.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/scenes/export_json.h"

namespace fcclip::scenes {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// The parts of the JSON files, as the scenes come.
struct Lists {
  json images = json::array(), panoptic = json::array(), captions = json::array();
};

void write_scene(const SceneDataset::Placed& placed, const World& world,
                 const ExportOptions& options, Lists& lists) {
  const data::Sample& sample = placed.sample;
  const std::string file = sample.name + (options.jpeg ? ".jpg" : ".png");
  const std::string map = sample.name + ".png";
  const fs::path path = options.folder / "images" / file;
  if (options.jpeg) {
    image::write_jpeg(path, sample.rgb);
  } else {
    image::write_png(path, sample.rgb);
  }
  image::write_png(options.folder / "panoptic" / map, image::rgb_of_ids(sample.ids));
  const auto id = options.first + static_cast<int64_t>(lists.images.size());
  lists.images.push_back(outputs::coco_image({id, file, {sample.rgb.size(0), sample.rgb.size(1)}}));
  lists.panoptic.push_back(
      {{"image_id", id}, {"file_name", map}, {"segments_info", segments_info(placed, world)}});
  lists.captions.push_back(
      {{"id", lists.captions.size() + 1}, {"image_id", id}, {"caption", sample.caption}});
}

bool is_scene(const fs::path& file) {
  const std::string name = file.stem().string();
  constexpr std::string_view kPrefix = "scene_";
  return name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
         name.find_first_not_of("0123456789", kPrefix.size()) == std::string::npos;
}

// What an earlier export left: the lists first, since they name the rest.
std::vector<fs::path> earlier_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const char* list : {"panoptic.json", "captions.json"}) {
    if (fs::exists(folder / list)) files.push_back(folder / list);
  }
  for (const char* kind : {"images", "panoptic"}) {
    if (!fs::is_directory(folder / kind)) continue;
    for (const auto& entry : fs::directory_iterator(folder / kind)) {
      if (is_scene(entry.path())) files.push_back(entry.path());
    }
  }
  return files;
}

void make_room(const ExportOptions& options) {
  const std::vector<fs::path> files = earlier_files(options.folder);
  if (files.empty()) return;
  if (!options.overwrite) {
    fail(ErrorCode::invalid_argument, options.folder.string(), " holds scenes already (",
         files.front().filename().string(),
         "); name another folder, or replace them with --overwrite");
  }
  for (const fs::path& file : files) {
    std::error_code error;
    fs::remove(file, error);
    if (error) {
      fail(ErrorCode::io_failure, file.string(), ": cannot be removed: ", error.message());
    }
  }
}

}  // namespace

void export_coco(const SceneDataset& scenes, const World& world, const ExportOptions& options) {
  if (options.first < 0 || options.count < 0) {
    fail(ErrorCode::invalid_argument, "scenes ", options.first, " … +", options.count,
         ": expected numbers from 0");
  }
  if (options.count > 0) make_room(options);
  io::write_atomically(options.folder / "vocabulary.txt", vocabulary_text(world, false));
  io::write_atomically(options.folder / "vocabulary.seen.txt", vocabulary_text(world, true));
  if (options.count == 0) return;
  Lists lists;
  for (int64_t k = 0; k < options.count; ++k) {
    write_scene(scenes.compose(options.first + k), world, options, lists);
    report_progress(options.progress, k + 1, options.count, "scenes");
  }
  const json panoptic = {{"images", lists.images},
                         {"annotations", lists.panoptic},
                         {"categories", categories_of(world)}};
  const json captions = {{"images", lists.images}, {"annotations", lists.captions}};
  io::write_atomically(options.folder / "panoptic.json", panoptic.dump());
  io::write_atomically(options.folder / "captions.json", captions.dump());
}

}  // namespace fcclip::scenes
