#pragma once
// Scores of saved predictions for films.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/core/progress.h"
#include "fcclip/eval/score_files.h"
#include "fcclip/eval/video_quality.h"

namespace fcclip::eval {

/// Truth and predictions: panoptic files of films, as read_film_file takes them.
struct VideoFiles {
  std::filesystem::path truth_json, prediction_json;
  /// Empty: the JSON's path without ".json".
  std::filesystem::path truth_pngs, prediction_pngs;
};

/// What was measured.
struct VideoScore {
  std::vector<Category> categories;
  VideoPanopticQuality vpq{{}};
  TrackingQuality tracking{{}};
  IdSwitches ids;
  int64_t films = 0, frames = 0;

  /// Positions of all categories, or of things or stuff alone.
  std::vector<int64_t> chosen(bool things, bool stuff) const;
};

/// `windows`: of VPQ, in frames (published: 1, 5, 10, 15). Films are read by several threads.
/// Throws Error naming the file: a film or frame without prediction or truth, a PNG of another
/// size, an unknown category or segment id, no films; Error{interrupted} as `progress` wants it,
/// which counts films.
VideoScore score_video(const VideoFiles& files, const std::vector<int64_t>& windows,
                       const Progress& progress = {});

/// {"films", "frames", "VPQ": {"windows", "All": {"by_window", "vpq", "n"}, "Things", "Stuff"},
/// "STQ": {"stq", "aq", "sq", "tubes"}, "ids": {"switches", "matched", "objects"}}; 0 … 1.
nlohmann::json to_json(const VideoScore& score);

}  // namespace fcclip::eval
