#include "fcclip/image/tiff_layout.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "fcclip/core/listed.h"
#include "fcclip/image/codec.h"

namespace fcclip::image {
namespace {

constexpr uint32_t kGdalNoData = 42113;
constexpr uint16_t kColourFilterArray = 32803, kLinearRaw = 34892;

bool is_grey(const TiffLayout& layout) {
  return layout.photometric == PHOTOMETRIC_MINISBLACK ||
         layout.photometric == PHOTOMETRIC_MINISWHITE;
}

bool has_tag(const TiffFile& file, uint32_t tag) {
  const TIFFField* field = TIFFFindField(file.handle(), tag, TIFF_ANY);
  if (field == nullptr) return false;
  void *first = nullptr, *second = nullptr;
  return TIFFGetField(file.handle(), tag, &first, &second) == 1;
}

// A raw file's first directory is a small preview; taking that for the picture would be wrong
// silently.
void refuse_raw(const TiffFile& file, const TiffLayout& layout, std::string_view name) {
  const bool preview = (file.field<uint32_t>(TIFFTAG_SUBFILETYPE, 0) & FILETYPE_REDUCEDIMAGE) != 0;
  if (has_tag(file, TIFFTAG_DNGVERSION) || layout.photometric == kColourFilterArray ||
      layout.photometric == kLinearRaw || (preview && has_tag(file, TIFFTAG_SUBIFD))) {
    refuse(name, kRawCameraFile);
  }
}

std::optional<double> gdal_no_data(const TiffFile& file) {
  const std::string text = file.text(kGdalNoData);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() ? std::nullopt : std::optional(value);
}

// Samples that hold colour or a measurement, in order; alpha is left out.
std::vector<int> colour_samples(const TiffFile& file, const TiffLayout& layout) {
  uint16_t count = 0, *kinds = nullptr;
  TIFFGetFieldDefaulted(file.handle(), TIFFTAG_EXTRASAMPLES, &count, &kinds);
  const int extra = std::min<int>(count, layout.samples), first_extra = layout.samples - extra;
  std::vector<int> found;
  for (int i = 0; i < layout.samples && found.size() < 4; ++i) {
    const uint16_t kind = i >= first_extra ? kinds[i - first_extra] : uint16_t{0};
    if (kind == EXTRASAMPLE_UNSPECIFIED || i == 0) found.push_back(i);
  }
  return found;
}

void choose_named_bands(TiffLayout& layout, const ReadOptions& options, std::string_view name) {
  for (const int band : options.bands) {
    if (band > layout.samples) {
      refuse(name, "has ", layout.samples, layout.samples == 1 ? " band" : " bands", ", band ",
             band, " was asked for");
    }
    layout.bands.push_back(band - 1);
  }
  layout.associated_alpha = false;
  if (layout.photometric == PHOTOMETRIC_RGB) layout.photometric = PHOTOMETRIC_MINISBLACK;
}

void choose_bands(const TiffFile& file, TiffLayout& layout, const ReadOptions& options,
                  std::string_view name) {
  if (!options.bands.empty() && (is_grey(layout) || layout.photometric == PHOTOMETRIC_RGB)) {
    return choose_named_bands(layout, options, name);
  }
  if (layout.photometric == PHOTOMETRIC_SEPARATED || layout.associated_alpha) {
    layout.bands = {0, 1, 2, 3};
  } else if (layout.photometric == PHOTOMETRIC_RGB) {
    layout.bands = {0, 1, 2};
  } else {
    layout.bands = {0};
  }
  if (!is_grey(layout) || layout.samples < 2) return;
  const std::vector<int> colours = colour_samples(file, layout);
  if (colours.size() < 2) return;
  const bool three = colours.size() >= 3;
  if (three) layout.bands.assign(colours.begin(), colours.begin() + 3);
  if (!options.log) return;
  const std::string numbers =
      listed(layout.bands, [](int band) { return std::to_string(band + 1); });
  options.log(LogLevel::warning, std::string(name) + ": " + std::to_string(layout.samples) +
                                     " bands without colours; " +
                                     (three ? "bands " + numbers + " are taken as red, green, blue"
                                            : "band " + numbers + " is taken as grey") +
                                     " (--bands chooses others)");
}

}  // namespace

at::ScalarType TiffLayout::kept() const {
  if (!is_unsigned() || bits > 16) return at::kFloat;
  return bits > 8 ? at::kUInt16 : at::kByte;
}

int alpha_sample(const TiffFile& file, const TiffLayout& layout) {
  uint16_t count = 0, *kinds = nullptr;
  TIFFGetFieldDefaulted(file.handle(), TIFFTAG_EXTRASAMPLES, &count, &kinds);
  for (int i = 0; i < count && i < layout.samples; ++i) {
    if (kinds[i] != EXTRASAMPLE_UNSPECIFIED) return layout.samples - count + i;
  }
  return -1;
}

TiffLayout read_tiff_layout(const TiffFile& file, std::string_view name,
                            const ReadOptions& options) {
  TiffLayout layout;
  layout.width = file.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  layout.height = file.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  check_extent(name, layout.width, layout.height, options.max_pixels);
  layout.bits = file.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  layout.samples = file.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  layout.planar = file.field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  layout.format = file.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  layout.photometric = file.field<uint16_t>(
      TIFFTAG_PHOTOMETRIC, layout.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  if (layout.samples < 1) refuse(name, "damaged TIFF: no samples in a pixel");
  refuse_raw(file, layout, name);
  // libjpeg turns YCbCr into RGB while decoding when it is asked to.
  if (layout.photometric == PHOTOMETRIC_YCBCR && layout.planar == PLANARCONFIG_CONTIG &&
      file.field<uint16_t>(TIFFTAG_COMPRESSION, 1) == COMPRESSION_JPEG &&
      TIFFSetField(file.handle(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) == 1) {
    layout.photometric = PHOTOMETRIC_RGB;
  }
  uint16_t extra_count = 0, *extra = nullptr;
  TIFFGetFieldDefaulted(file.handle(), TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  layout.associated_alpha = layout.photometric == PHOTOMETRIC_RGB && layout.samples >= 4 &&
                            extra_count >= 1 && extra[0] == EXTRASAMPLE_ASSOCALPHA &&
                            layout.kept() != at::kFloat;
  choose_bands(file, layout, options, name);
  layout.no_data = gdal_no_data(file);
  return layout;
}

void check_tiff_packing(const TiffFile& file, std::string_view name) {
  const auto method = file.field<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (TIFFIsCODECConfigured(method) == 0) {
    refuse(name, "a TIFF packed by a method that is not read (compression ", method,
           "); pack it anew: gdal_translate -co COMPRESS=DEFLATE IN OUT.tif, or tiffcp -c zip");
  }
}

bool reads_tiff_samples(const TiffLayout& layout) {
  const bool grey = is_grey(layout);
  if (layout.samples <= *std::max_element(layout.bands.begin(), layout.bands.end())) return false;
  if (layout.format == SAMPLEFORMAT_IEEEFP) {
    return (layout.bits == 16 || layout.bits == 32 || layout.bits == 64) &&
           (grey || layout.photometric == PHOTOMETRIC_RGB);
  }
  const bool whole = layout.bits == 8 || layout.bits == 16;
  if (layout.format == SAMPLEFORMAT_INT || layout.bits > 16) {
    return (layout.format == SAMPLEFORMAT_INT || layout.is_unsigned()) &&
           (whole || layout.bits == 32 || layout.bits == 64) &&
           (grey || layout.photometric == PHOTOMETRIC_RGB);
  }
  if (!layout.is_unsigned()) return false;
  if (layout.bits == 1) return grey && layout.samples == 1;
  if (layout.photometric == PHOTOMETRIC_PALETTE) return layout.bits == 8;
  if (layout.photometric == PHOTOMETRIC_SEPARATED) return whole;
  return layout.bits >= 8 && (grey || layout.photometric == PHOTOMETRIC_RGB);
}

std::string tiff_sample_kind(const TiffLayout& layout) {
  const std::string bits = std::to_string(layout.bits);
  switch (layout.format) {
    case SAMPLEFORMAT_IEEEFP:
      return "float" + bits;
    case SAMPLEFORMAT_INT:
      return "int" + bits;
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
      return "complex" + bits;
    default:
      return bits + "-bit";
  }
}

}  // namespace fcclip::image
