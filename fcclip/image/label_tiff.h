#pragma once
// Label maps of any size as TIFFs: written from the top down, in tiles, packed.

#include <filesystem>
#include <memory>

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/image/geo_tiff.h"

namespace fcclip::image {

/// What is said of the whole map.
struct LabelTiffOptions {
  Size size;              ///< in pixels
  int64_t largest = 255;  ///< value: 8, 16 or 32 bits are chosen by it
  int64_t no_data = 0;    ///< the value that means "nothing here" (GDAL's tag)
  GeoTags geo;            ///< where the pixels lie on the map
};

/// A TIFF of one band, unsigned, in tiles of 256 × 256, deflate; BigTIFF where it could pass 4 GiB. As
/// GDAL's cloud-optimised GeoTIFFs but for their overviews (gdaladdo makes them). A row of tiles is in
/// memory.
class LabelTiff {
 public:
  /// descriptor: of a file that is open for reading and writing, empty; stays the caller's. `path`:
  /// for messages. Throws Error{io_failure}.
  LabelTiff(int descriptor, const std::filesystem::path& path, const LabelTiffOptions& options);
  LabelTiff(const LabelTiff&) = delete;
  LabelTiff& operator=(const LabelTiff&) = delete;
  ~LabelTiff();

  /// The next rows, [count, W] int32 of 0 … largest. Throws Error{io_failure}: a full disk.
  void add(const at::Tensor& rows);
  /// After the last row. Throws as add.
  void finish();

 private:
  class File;
  void write_tiles();

  std::unique_ptr<File> file_;
  LabelTiffOptions options_;
  int bytes_;         ///< of a value
  at::Tensor strip_;  ///< [256, W in whole tiles, bytes] uint8
  int64_t filled_ = 0, row_ = 0;
};

}  // namespace fcclip::image
