#pragma once
// What is wrong with a data set, before a long run finds out.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/train/source.h"

namespace fcclip::train {

/// What was found in a data set.
struct DataReport {
  int64_t pictures = 0, segments = 0, crowds = 0;
  std::map<int64_t, int64_t> segments_per_class;  ///< by position in the vocabulary
  int64_t smallest_side_px = 0, largest_side_px = 0;
  int64_t void_pixels = 0, pixels = 0;
  /// One line each, the file first: what was left out of the annotation files, pictures that cannot
  /// be read or do not fit their annotation, pictures without a segment. All pictures are looked
  /// at, whatever is found.
  std::vector<std::string> problems;
};

/// Settings for a data set as `fcclip synth` and the official layouts have it, by its COCO JSON
/// (panoptic or instances) or the folder that holds panoptic.json or instances.json. Throws
/// Error{not_found, bad_format}.
void find_data(const std::filesystem::path& given, DataSettings& data);

/// Reads all pictures (of an endless data set the first 100) with all threads and adds what it
/// finds to `report`, which after Error{interrupted} holds what was seen until then.
void check_data(const Source& source, DataReport& report, const Progress& progress = {});

/// For people: a line of counts, the classes that occur and how often, the commonest first, and the
/// first 50 problems. `vocabulary`: the data set's.
std::string data_report_text(const DataReport& report, const classify::Vocabulary& vocabulary);

}  // namespace fcclip::train
