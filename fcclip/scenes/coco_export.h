#pragma once
// Scenes as files: a data set in COCO panoptic format with captions.

#include <filesystem>
#include <string>

#include "fcclip/core/progress.h"
#include "fcclip/scenes/scenes.h"

namespace fcclip::scenes {

/// Which scenes, and where to.
struct ExportOptions {
  std::filesystem::path folder;
  int64_t first = 0, count = 0;  ///< scenes first … first + count − 1
  bool jpeg = false;             ///< else PNG
  Progress progress;             ///< of scenes
  bool overwrite = false;        ///< replace the scenes of a folder that holds some
};

/// Writes images/scene_<i>.png (or .jpg), panoptic/scene_<i>.png, and then panoptic.json (its
/// categories also say "seen": 0 or 1) and captions.json; vocabulary.txt and vocabulary.seen.txt
/// hold the world's words, and those that a mask generator may be trained on. Every file appears
/// whole; the JSON files come last, after all that they name. Throws Error{io_failure};
/// Error{invalid_argument} for a folder that holds scenes already, unless they may be replaced:
/// then all of them go first, so that pictures and JSON files belong together; Error{interrupted}: then
/// the JSON files are not there.
void export_coco(const SceneDataset& scenes, const World& world, const ExportOptions& options);

}  // namespace fcclip::scenes
