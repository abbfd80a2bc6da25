#pragma once
// Pictures of any size: rows from the top down, of which no more than those asked for are in memory.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/image/read_options.h"

namespace fcclip::image {

/// Some rows of a picture.
struct PixelRows {
  at::Tensor rgb;    ///< [h, W, 3] uint8
  at::Tensor valid;  ///< [h, W] bool: false where the file has nothing; undefined: all are valid
};

/// A picture file that is being read.
class PictureRows {
 public:
  virtual ~PictureRows() = default;
  virtual Size size() const = 0;
  /// The next `count` rows, no more than are left. Throws Error{bad_format} where the file is damaged.
  virtual PixelRows next(int64_t count) = 0;
};

/// Opens a picture. TIFF (strips, tiles, BigTIFF), JPEG and PNG are read as they are needed; other
/// kinds, turned pictures, interlaced PNG and progressive JPEG are decoded whole, as read_rgb does,
/// if they are no larger than largest_picture(). Samples of more than 8 bits are scaled by what a
/// look over the whole picture finds, all rows alike. A pixel is not valid where all bands that are
/// read have GDAL's no-data value or are no number, and where an alpha band is 0.
/// Throws Error{not_found, io_failure, bad_format, too_large}.
std::unique_ptr<PictureRows> open_rows(const std::filesystem::path& path,
                                       const ReadOptions& options = {});

/// What the header of a TIFF, JPEG or PNG says; nothing for other and unreadable files.
std::optional<Size> header_size(const std::filesystem::path& path);

}  // namespace fcclip::image
