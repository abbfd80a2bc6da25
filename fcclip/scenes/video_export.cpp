#include "fcclip/scenes/video_export.h"

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/scenes/export_json.h"

namespace fcclip::scenes {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool is_film_folder(const fs::path& folder) {
  return fs::is_directory(folder) && folder.filename().string().starts_with("video_");
}

// The list first, since it names the rest.
void make_room_for_films(const VideoExportOptions& options) {
  std::vector<fs::path> old;
  if (fs::exists(options.folder / "panoptic.json")) old.push_back(options.folder / "panoptic.json");
  for (const char* kind : {"images", "panoptic"}) {
    if (!fs::is_directory(options.folder / kind)) continue;
    for (const auto& entry : fs::directory_iterator(options.folder / kind)) {
      if (is_film_folder(entry.path())) old.push_back(entry.path());
    }
  }
  if (old.empty()) return;
  if (!options.overwrite) {
    fail(ErrorCode::invalid_argument, options.folder.string(), " holds ",
         old.front().filename().string(),
         " already; name another folder, or replace what is there with --overwrite");
  }
  for (const fs::path& path : old) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) fail(ErrorCode::io_failure, path.string(), ": cannot be removed: ", error.message());
  }
}

/// The parts of the JSON file, as the films come.
struct FilmLists {
  json videos = json::array(), annotations = json::array();
  int64_t frames = 0;
};

void write_frame(const SceneDataset::Placed& placed, const World& world, const fs::path& folder,
                 FilmLists& lists) {
  const data::Sample& sample = placed.sample;
  const std::string file = sample.name + ".png";
  json& film = lists.videos.back();
  const std::string name = film["video_id"];
  image::write_png(folder / "images" / name / file, sample.rgb);
  image::write_png(folder / "panoptic" / name / file, image::rgb_of_ids(sample.ids));
  const int64_t id = ++lists.frames;
  film["images"].push_back(
      outputs::coco_image({id, file, {sample.rgb.size(0), sample.rgb.size(1)}}));
  lists.annotations.back()["annotations"].push_back(
      {{"image_id", id}, {"file_name", file}, {"segments_info", segments_info(placed, world)}});
}

}  // namespace

void export_videos(const MovingScenes& scenes, const World& world,
                   const VideoExportOptions& options) {
  if (options.first < 0 || options.count < 1) {
    fail(ErrorCode::invalid_argument, "films ", options.first, " … +", options.count,
         ": expected 1 or more, from 0");
  }
  make_room_for_films(options);
  io::write_atomically(options.folder / "vocabulary.txt", vocabulary_text(world, false));
  io::write_atomically(options.folder / "vocabulary.seen.txt", vocabulary_text(world, true));
  FilmLists lists;
  const int64_t total = options.count * scenes.frames();
  for (int64_t k = 0; k < options.count; ++k) {
    const std::string name = "video_" + std::to_string(options.first + k);
    lists.videos.push_back({{"video_id", name}, {"images", json::array()}});
    lists.annotations.push_back({{"video_id", name}, {"annotations", json::array()}});
    const MovingScene film = scenes.film(options.first + k);
    for (int64_t t = 0; t < scenes.frames(); ++t) {
      write_frame(film.frame(t), world, options.folder, lists);
      report_progress(options.progress, lists.frames, total, "frames");
    }
  }
  const json document = {{"videos", lists.videos},
                         {"annotations", lists.annotations},
                         {"categories", categories_of(world)}};
  io::write_atomically(options.folder / "panoptic.json", document.dump());
}

}  // namespace fcclip::scenes
