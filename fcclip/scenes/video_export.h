#pragma once
// Films of moving scenes as files: a data set in VIPSeg's form.

#include <filesystem>

#include "fcclip/core/progress.h"
#include "fcclip/scenes/moving_scenes.h"

namespace fcclip::scenes {

/// Which films, and where to.
struct VideoExportOptions {
  std::filesystem::path folder;
  int64_t first = 0, count = 0;  ///< films first … first + count − 1
  Progress progress;             ///< of frames
  bool overwrite = false;        ///< replace the films of a folder that holds some
};

/// Writes images/video_<i>/<frame>.png and panoptic/video_<i>/<frame>.png, and then panoptic.json:
/// {"videos": [{"video_id", "images"}], "annotations": [{"video_id", "annotations"}],
/// "categories"}, ids being those of the whole film; vocabulary.txt and vocabulary.seen.txt as
/// export_coco. Every file appears whole, the JSON file last. Throws as export_coco.
void export_videos(const MovingScenes& scenes, const World& world,
                   const VideoExportOptions& options);

}  // namespace fcclip::scenes
