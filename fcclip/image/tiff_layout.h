#pragma once
// What the tags of a TIFF say about its samples. Internal to the folder.

#include <optional>
#include <string_view>
#include <vector>

#include <ATen/core/ScalarType.h>

#include "fcclip/image/read_options.h"
#include "fcclip/image/tiff_file.h"

namespace fcclip::image {

/// How a picture lies in the file; the numbers are those of TIFF 6.0.
struct TiffLayout {
  int64_t width = 0, height = 0;
  int bits = 1, samples = 1, photometric = 0, planar = PLANARCONFIG_CONTIG;
  int format = SAMPLEFORMAT_UINT;
  bool associated_alpha = false;
  std::vector<int> bands;         ///< that matter, from 0: grey 1, RGB 3, with alpha or CMYK 4
  std::optional<double> no_data;  ///< GDAL's

  /// Bands that are read.
  int used() const { return static_cast<int>(bands.size()); }
  /// Whether each band stands by itself in the file.
  bool apart() const { return planar == PLANARCONFIG_SEPARATE && samples > 1; }
  bool is_unsigned() const { return format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID; }
  /// What samples are kept as: byte, uint16 or float.
  at::ScalarType kept() const;
};

/// Throws Error{bad_format} for sizes that are not read, raw camera files, and bands that there are
/// not; tells of bands without colours.
TiffLayout read_tiff_layout(const TiffFile& file, std::string_view name,
                            const ReadOptions& options);

/// Throws Error{bad_format} for a compression that this libtiff does not have.
void check_tiff_packing(const TiffFile& file, std::string_view name);

/// The sample that says how opaque a pixel is, from 0; −1: there is none.
int alpha_sample(const TiffFile& file, const TiffLayout& layout);

/// Whether read_tiff_samples knows the layout; libtiff's own conversion may know the others.
bool reads_tiff_samples(const TiffLayout& layout);

/// "float32", "16-bit", "int16", …
std::string tiff_sample_kind(const TiffLayout& layout);

}  // namespace fcclip::image
