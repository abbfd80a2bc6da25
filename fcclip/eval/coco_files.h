#pragma once
// COCO's JSON files as the scores need them.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fcclip/core/size.h"
#include "fcclip/eval/average_precision.h"
#include "fcclip/eval/panoptic_quality.h"

namespace fcclip::eval {

struct Category {
  int64_t id = 0;
  std::string name;
  bool is_thing = true;
};

/// One picture's entry of a COCO panoptic file.
struct PanopticEntry {
  int64_t image_id = 0;
  std::string png;  ///< file name of the id map
  std::vector<PanopticSegmentInfo> segments;
};

struct PanopticFile {
  std::vector<Category> categories;  ///< empty in many prediction files
  std::vector<PanopticEntry> entries;
};

/// Throws Error{not_found, io_failure, bad_format}; each names the file and what is wrong in it.
PanopticFile read_panoptic_file(const std::filesystem::path& path);

struct InstanceImage {
  int64_t id = 0;
  Size size;
  std::vector<TruthInstance> truths;
};

struct InstanceFile {
  std::vector<Category> categories;
  std::vector<InstanceImage> images;  ///< by rising id
};

/// A COCO instances annotation file, its polygons and run lengths as masks.
InstanceFile read_instance_file(const std::filesystem::path& path);

/// A COCO results file, by picture. A detection for a picture that `truth` lacks is an
/// Error{bad_format}. The area is the mask's; see use_box_areas.
std::map<int64_t, std::vector<DetectedInstance>> read_results_file(
    const std::filesystem::path& path, const InstanceFile& truth);

}  // namespace fcclip::eval
