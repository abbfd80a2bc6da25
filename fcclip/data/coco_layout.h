#pragma once
// What lies where around an annotation file.

#include <filesystem>

namespace fcclip::data {

/// Where the PNGs of a panoptic file are: its path without ".json", or, where that is no folder,
/// coco/panoptic_val2017 of coco/annotations/panoptic_val2017.json, or its own folder where PNGs
/// lie beside it (Mapillary's panoptic_2018.json). The first of them where none is there.
std::filesystem::path panoptic_png_folder(const std::filesystem::path& json);

/// Where the pictures of an annotation file are: "images" beside it, or, where that is no folder,
/// coco/val2017 of coco/annotations/instances_val2017.json. The first where none is there.
std::filesystem::path picture_folder_of(const std::filesystem::path& json);

}  // namespace fcclip::data
