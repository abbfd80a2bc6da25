#pragma once
// Panoptic files of films.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/eval/score_files.h"

namespace fcclip::eval {

/// A film's frames, in the file's order.
struct FilmEntry {
  std::string film;                   ///< its id
  std::vector<PanopticEntry> frames;  ///< png: relative to the folder of PNGs
};

/// VIPSeg's form, {"videos", "annotations": [{"video_id", "annotations": [{"file_name",
/// "segments_info"}]}], "categories"}: a frame's PNG is <video_id>/<file_name>; or COCO's, as
/// Cityscapes-VPS: annotations of frames, of one film where the folder in "file_name" (or
/// "video_id") is the same. An empty table is filled with the file's categories. Throws
/// Error{not_found, io_failure}; Error{bad_format} naming the file and the entry.
std::vector<FilmEntry> read_film_file(const std::filesystem::path& path, CategoryTable& table,
                                      const Tick& tick = {});

}  // namespace fcclip::eval
