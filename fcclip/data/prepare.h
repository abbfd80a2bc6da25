#pragma once
// Conversions of downloaded data sets that the benchmarks need, as the reference does them with
// separate scripts.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::data {

struct PrepareOptions {
  std::filesystem::path root;
  std::function<void(int64_t done, int64_t total)> progress;  ///< within one step
};

/// Names that prepare knows.
const std::vector<std::string>& preparable();

/// Makes the missing files of a benchmark's validation split below the root: ade20k_150 (panoptic
/// and instance files from annotations/ and annotations_instance/), cityscapes (panoptic files from
/// instanceIds), voc20 and voc21, coco_panoptic (label maps from the panoptic truth). Files appear
/// whole or not at all. Throws Error{not_found} naming a missing file; Error{bad_format};
/// Error{unsupported} for those whose download this program can't read, saying what is needed.
void prepare(std::string_view name, const PrepareOptions& options);

}  // namespace fcclip::data
