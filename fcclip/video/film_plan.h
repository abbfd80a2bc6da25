#pragma once
// What a run over films is told to do.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/core/shard.h"
#include "fcclip/segmenter/views.h"
#include "fcclip/video/film_files.h"
#include "fcclip/video/tracker.h"

namespace fcclip::video {

/// What a run does.
struct FilmPlan {
  std::vector<std::filesystem::path> films;  ///< files, cameras, folders of frames; of all shards
  Shard shard = {};                          ///< the part that this run works on
  std::filesystem::path folder;              ///< for results
  std::set<FilmOutput> outputs;
  bool resume = false;  ///< leave films that an earlier run finished with the same settings
  bool overwrite = false;
  bool linked = true;  ///< false: ids are the segments' places in their own frame
  FrameRange range;
  double folder_rate = 25;     ///< frames a second of folders
  image::ReadOptions reading;  ///< of folders' pictures
  outputs::OverlayStyle overlay;
  segmenter::AskOptions ask;  ///< panoptic
  segmenter::EncodeSize size;
  segmenter::Views views = segmenter::Views::one;
  TrackerOptions tracker;
  /// Model, words, thresholds, as runs::settings_json gives them; null: there is no record of the
  /// run, and nothing is resumed.
  nlohmann::json settings = nullptr;
};

/// The name of a film's files: of the file without its ending, of a folder, of a camera.
std::string film_name(const std::filesystem::path& film);

/// Size and time of a film's file, or of all pictures of a folder of frames, to know it again;
/// empty for what cannot be known again: a camera.
std::string film_state(const std::filesystem::path& film);

}  // namespace fcclip::video
