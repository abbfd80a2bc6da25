#pragma once
// The samples of a TIFF, strip by strip or tile by tile. Internal to the folder.

#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/image/tiff_file.h"
#include "fcclip/image/tiff_layout.h"

namespace fcclip::image {

/// A part of the picture, in pixels; inside it.
struct TiffPart {
  int64_t x = 0, y = 0, width = 0, height = 0;
};

/// The used bands of a layout that reads_tiff_samples. Blocks that were not written (offset and
/// length 0, GDAL's sparse files) hold the no-data value, else 0.
///   returns  [H, W, used] byte, uint16 or float, as layout.kept() says; one bit becomes 0 or 255
/// Throws Error{bad_format}.
at::Tensor read_tiff_samples(TiffFile& file, const TiffLayout& layout, std::string_view name);

/// The same of a part: only the strips or tiles that it touches are read.
///   returns  [part.height, part.width, used]
at::Tensor read_tiff_samples(TiffFile& file, const TiffLayout& layout, std::string_view name,
                             const TiffPart& part);

/// Whether strips are unpacked row by row, since one as a whole would be too large: then parts are to
/// be read from the top down.
bool has_huge_strips(const TiffFile& file, const TiffLayout& layout);

}  // namespace fcclip::image
