#pragma once
// The data.yaml beside YOLO labels.

#include <filesystem>
#include <string>

#include "fcclip/outputs/summaries.h"

namespace fcclip::outputs {

/// The classes, and the pictures' common folder as `train` and `val` (its subfolders of these names
/// where there are both); when ultralytics would look for the labels elsewhere than in `folder`, a
/// comment says where.
std::string yolo_data_file(const std::filesystem::path& folder, const AnsweredQuestion& question);

}  // namespace fcclip::outputs
