#pragma once
// COCO's annotation files, made small: what a data set must remember of each picture.

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"
#include "fcclip/data/coco_segmentation.h"

namespace fcclip::data {

/// One entry of "segments_info".
struct SegmentEntry {
  int64_t id = 0, category_id = 0, area_px = 0;
  bool is_crowd = false;
};

/// One annotation of an instances file.
struct InstanceEntry {
  int64_t category_id = 0;
  std::optional<double> area_px;  ///< nothing: to be taken from the mask, as the box
  std::optional<std::array<double, 4>> box_xywh_px;
  bool is_crowd = false;
  CocoSegmentation segmentation;  ///< decoded when asked for
};

/// One picture of an annotation file.
struct CocoPicture {
  std::string id_json;    ///< as the file has it: 139 or "ADE_val_00000001"
  std::string id_text;    ///< without quotation marks
  std::string file_name;  ///< of the picture; empty when the file does not say
  std::string png;        ///< panoptic files
  Size size;              ///< 0×0 when the file does not say
  std::vector<SegmentEntry> segments;
  std::vector<InstanceEntry> instances;
  /// LVIS: categories looked for and not found, and those not marked completely.
  std::vector<int64_t> negative_categories, incomplete_categories;
  bool is_federated = false;
};

/// An annotation file, remembered.
struct CocoIndex {
  std::vector<CocoPicture> pictures;  ///< in the file's order (panoptic: of its annotations)
  classify::Vocabulary categories;    ///< without classes when the file has none
  std::vector<std::string> remarks;   ///< what was left out or mended, a line each
};

/// Where ids of categories are no numbers, they become the categories' positions, from 1. A picture
/// that is listed twice is taken once; annotations without a mask, or of a picture that is not
/// listed, are left out. Throw Error{not_found, io_failure, bad_format}, each naming the file and
/// the entry; what the file is instead when it is of another kind. tick: as CocoFile has it.
CocoIndex read_panoptic_index(const std::filesystem::path& path, const Tick& tick = {});
CocoIndex read_instance_index(const std::filesystem::path& path, const Tick& tick = {});

}  // namespace fcclip::data
