#pragma once
// The samples of a TIFF, strip by strip or tile by tile. Internal to the folder.

#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/image/tiff_file.h"
#include "fcclip/image/tiff_layout.h"

namespace fcclip::image {

/// The used bands of a layout that reads_tiff_samples. Blocks that were not written (offset and
/// length 0, GDAL's sparse files) hold the no-data value, else 0.
///   returns  [H, W, used] byte, uint16 or float, as layout.kept() says; one bit becomes 0 or 255
/// Throws Error{bad_format}.
at::Tensor read_tiff_samples(TiffFile& file, const TiffLayout& layout, std::string_view name);

}  // namespace fcclip::image
