#pragma once
// The formats whose rows are read one after another. Internal to the folder.

#include <memory>
#include <string>

#include "fcclip/image/picture_rows.h"
#include "fcclip/io/mapped_file.h"

namespace fcclip::image {

using MappedPicture = std::shared_ptr<const io::MappedFile>;

/// The file's bytes, which are read from the disk where they are touched.
inline std::string_view text_of(const MappedPicture& file) {
  return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
}

/// Null where the file cannot be read in rows and is to be decoded whole. Errors as open_rows.
std::unique_ptr<PictureRows> tiff_rows(const MappedPicture& file, const ReadOptions& options);
std::unique_ptr<PictureRows> jpeg_rows(const MappedPicture& file, const ReadOptions& options);
std::unique_ptr<PictureRows> png_rows(const MappedPicture& file, const ReadOptions& options);

}  // namespace fcclip::image
