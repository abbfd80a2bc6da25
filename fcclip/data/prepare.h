#pragma once
// Conversions of downloaded data sets that the benchmarks need, as the reference does them with
// separate scripts.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/core/progress.h"
#include "fcclip/data/registry.h"

namespace fcclip::data {

/// Where the downloaded files lie.
struct PrepareOptions {
  std::filesystem::path root;
  Progress progress;  ///< of pictures
  Split split = Split::validation;
};

/// Names that prepare knows.
const std::vector<std::string>& preparable();

/// Makes the missing files of a benchmark's split below the root: ade20k_150 (panoptic
/// and instance files from annotations/ and annotations_instance/), ade20k_847 (pictures and labels
/// of at most 512 pixels' short side), cityscapes (panoptic files from instanceIds),
/// pascal_context_59 (from the Detail API's trainval_merged.json), pascal_context_459 (from MATLAB
/// files), voc20 and voc21, coco_panoptic (label maps from the panoptic truth). Files appear whole
/// or not at all; of ade20k_847 and Pascal Context those already there are kept, so an interrupted
/// run goes on. Throws Error{not_found} naming a missing file; Error{bad_format};
/// Error{unsupported} for MATLAB 7.3 files; Error{invalid_argument} for those that need nothing;
/// Error{interrupted}.
void prepare(std::string_view name, const PrepareOptions& options);

}  // namespace fcclip::data
