#pragma once
// Where the PNGs of a panoptic file lie. Internal to the folder.

#include <filesystem>

namespace fcclip::eval {

/// `given`, or data::panoptic_png_folder. Throws Error{not_found}.
std::filesystem::path png_folder(const std::filesystem::path& given,
                                 const std::filesystem::path& json);

}  // namespace fcclip::eval
