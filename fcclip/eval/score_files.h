#pragma once
// COCO's JSON files as scores without a model need them: categories and pictures by their
// positions, masks decoded.

#include <filesystem>
#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/core/size.h"
#include "fcclip/data/id_table.h"
#include "fcclip/data/truth.h"

namespace fcclip::eval {

using data::Detection, data::InstanceTruth, data::MapSegment;

/// A class as people see it.
struct Category {
  std::string id;  ///< as people write it, without quotation marks
  std::string name;
  bool is_thing = true;
};

/// Positions of all categories, or of things or stuff alone.
std::vector<int64_t> chosen_categories(const std::vector<Category>& categories, bool things,
                                       bool stuff);

/// One picture's entry of a COCO panoptic file.
struct PanopticEntry {
  std::string image_id;              ///< as id_key gives it
  std::string png;                   ///< file name of the id map
  std::vector<MapSegment> segments;  ///< class_index: position among the categories
};

/// One panoptic file.
struct PanopticFile {
  std::vector<PanopticEntry> entries;
  std::vector<std::string> remarks;  ///< what was mended, a line each
};

/// Categories and where an id is.
struct CategoryTable {
  std::vector<Category> categories;
  data::IdTable ids;
};

/// An empty table is filled with the file's categories (the truth's). Throws Error{not_found,
/// io_failure, bad_format}; each names the file and what is wrong in it: no categories, a segment
/// of another category, two different entries of one picture, ….
/// tick: called now and then; what it throws ends the reading.
PanopticFile read_panoptic_file(const std::filesystem::path& path, CategoryTable& table,
                                const Tick& tick = {});

/// Of ids as id_key gives them: numbers before texts, each in their order, as the official sums run.
bool id_comes_before(const std::string& a, const std::string& b);

/// A picture with its true objects.
struct InstanceImage {
  std::string id;  ///< as id_key gives it
  Size size;       ///< 0×0 when the file does not say
  std::vector<InstanceTruth> truths;
};

/// A file of true objects.
struct InstanceFile {
  CategoryTable table;
  std::vector<InstanceImage> images;  ///< by rising id: numbers, then texts
  data::IdTable positions;            ///< of the images
  bool has_masks = true;              ///< false: boxes only
  std::vector<std::string> remarks;   ///< what was left out or mended, a line each
};

/// A COCO instances annotation file, its polygons and run lengths as masks. What an annotation
/// lacks is taken from its mask (box, area) or its box (mask); annotations of pictures or
/// categories that the file does not list are left out, as pycocotools does.
InstanceFile read_instance_file(const std::filesystem::path& path, const Tick& tick = {});

/// The things of a panoptic file and its PNGs as true objects, as `eval` scores data sets that have
/// no others (Cityscapes). Throws as read_panoptic_file; Error{bad_format} for a segment without a
/// pixel.
InstanceFile read_things_of_panoptic(const std::filesystem::path& json,
                                     const std::filesystem::path& pngs);

/// A file of found objects.
struct ResultsFile {
  std::vector<std::vector<Detection>> found;  ///< per picture of the truth
  std::vector<std::string> remarks;
};

/// A COCO results file. A detection for a picture that `truth` lacks is an Error{bad_format}. The
/// area is the mask's; see use_box_areas. Without a box, the mask's is taken; without a mask, the
/// box is one, as pycocotools' loadRes has it. Sizes of pictures that the truth does not say are
/// set.
ResultsFile read_results_file(const std::filesystem::path& path, InstanceFile& truth,
                              const Tick& tick = {});

}  // namespace fcclip::eval
