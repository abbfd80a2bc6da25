#pragma once
// What a picture's EXIF block says, for messages about it.

#include <filesystem>

namespace fcclip::image {

/// The EXIF orientation of a JPEG, PNG or WebP file, 1 … 8; 0 when it says none or can't be read.
/// read_rgb has turned the picture accordingly.
int read_orientation(const std::filesystem::path& path);

}  // namespace fcclip::image
