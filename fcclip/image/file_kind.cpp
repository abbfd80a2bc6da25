#include "fcclip/image/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "fcclip/image/codec.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/file_kind.h"

namespace fcclip::image {
namespace {

bool begins(std::string_view bytes, std::string_view head, size_t offset = 0) {
  return bytes.size() >= offset && bytes.substr(offset, head.size()) == head;
}

// With the zero bytes inside.
template <size_t kSize>
constexpr std::string_view exact(const char (&text)[kSize]) {
  return {text, kSize - 1};
}

struct Signature {
  size_t offset;
  std::string_view bytes, meaning;
};

constexpr std::string_view kVideo =
    "a video; take single pictures out of it (ffmpeg -i VIDEO -vf fps=1 frames/%05d.jpg)";
constexpr std::string_view kDicom =
    "a DICOM file; export its picture as PNG (dcm2pnm, or pydicom and Pillow)";
constexpr std::string_view kPostScript =
    "a PostScript document; make a PNG of it (gs -sDEVICE=png16m -r150)";
constexpr std::string_view kNetpbm = "a Netpbm picture; save it as PNG (pnmtopng)";
constexpr std::string_view kJpegXl = "a JPEG XL picture; make a PNG of it (djxl)";
constexpr std::string_view kJpeg2000 = "a JPEG 2000 picture; make a PNG of it (opj_decompress)";

// What people hand in by mistake where a picture belongs; io::describe_bytes knows the rest. The
// first that fits counts.
constexpr std::array<Signature, 41> kKnownOthers = {{
    {4, "ftypcrx", kRawCameraFile},
    {0, "FUJIFILMCCD-RAW", kRawCameraFile},
    {0, "IIRO", kRawCameraFile},
    {0, "IIRS", kRawCameraFile},
    {0, "MMOR", kRawCameraFile},
    {0, exact("IIU\0"), kRawCameraFile},
    {0, exact("\0MRM"), kRawCameraFile},
    {4, "ftyp", kVideo},
    {4, "moov", kVideo},
    {4, "mdat", kVideo},
    {0, "\x1a\x45\xdf\xa3", kVideo},
    {0, exact("\0\0\x01\xba"), kVideo},
    {0, exact("\0\0\x01\xb3"), kVideo},
    {0, "FLV\x01", kVideo},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", kVideo},
    {8, "AVI ", kVideo},
    {8, "WAVE", "a sound file"},
    {0, "\xff\x0a", kJpegXl},
    {4, "JXL ", kJpegXl},
    {4, "jP  ", kJpeg2000},
    {0, "\xff\x4f\xff\x51", kJpeg2000},
    {0, "8BPS", "a Photoshop document; save it as PNG or JPEG"},
    {0, "gimp xcf", "a GIMP document; export it as PNG"},
    {0, exact("\0\0\x01\0"), "an icon file; save it as PNG"},
    {0, "v/1\x01", "an OpenEXR picture; make a PNG or a float TIFF of it"},
    {0, "#?RADIANCE", "a Radiance HDR picture; make a PNG or a float TIFF of it"},
    {0, "DDS ", "a DDS texture; save it as PNG"},
    {0, "P1\n", kNetpbm},
    {0, "P2\n", kNetpbm},
    {0, "P3\n", kNetpbm},
    {0, "P4\n", kNetpbm},
    {0, "P5\n", kNetpbm},
    {0, "P6\n", kNetpbm},
    {0, "%PDF", "a PDF document; make pictures of its pages (pdftoppm -png)"},
    {0, "%!PS", kPostScript},
    {0, "\xc5\xd0\xd3\xc6", kPostScript},
    {0, "\x93NUMPY", "a NumPy array; save it as PNG (Pillow's Image.fromarray)"},
    {0, "\x89HDF", "an HDF5 file; export the picture as PNG or TIFF"},
    {0, "CDF", "a NetCDF file; export the picture as TIFF (gdal_translate)"},
    {0, "SIMPLE  =", "a FITS file; export the picture as PNG or TIFF"},
    {0, exact("\0\x05\x16\x07"),
     "a resource fork that macOS puts beside a file (its name begins with \"._\"), not the "
     "picture; "
     "delete it"},
}};

// Pages and drawings begin in many ways: a byte order mark, blanks, comments, a declaration.
std::string_view describe_markup(std::string_view head) {
  if (begins(head, "\xef\xbb\xbf")) head.remove_prefix(3);
  head.remove_prefix(std::min(head.size(), head.find_first_not_of(" \t\r\n")));
  if (head.empty() || head[0] != '<') return {};
  std::string lower(head);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower.find("<svg") != std::string::npos) {
    return "an SVG drawing; make a PNG of it (rsvg-convert, inkscape)";
  }
  if (lower.find("<html") != std::string::npos || lower.find("<!doctype html") == 0 ||
      lower.find("<head") != std::string::npos || lower.find("<body") != std::string::npos) {
    return "an HTML page, not the picture: the download went wrong (a login or error page?); fetch "
           "the picture's own address";
  }
  if (begins(lower, "<?xml")) return "an XML file (an error message instead of a download?)";
  return {};
}

// Brands of still pictures; a video has others.
bool is_heif(std::string_view bytes) {
  if (!begins(bytes, "ftyp", 4)) return false;
  size_t size = 0;
  for (const char c : bytes.substr(0, 4)) size = size << 8 | static_cast<unsigned char>(c);
  const std::string_view box = bytes.substr(0, std::min<size_t>(size, 256));
  constexpr std::array<std::string_view, 10> kBrands = {"heic", "heix", "hevc", "hevx", "heim",
                                                        "heis", "mif1", "msf1", "avif", "avis"};
  for (size_t at = 8; at + 4 <= box.size(); at += at == 8 ? 8 : 4) {
    if (std::find(kBrands.begin(), kBrands.end(), box.substr(at, 4)) != kBrands.end()) return true;
  }
  return false;
}

bool is_bmp(std::string_view bytes) {
  if (!begins(bytes, "BM") || bytes.size() < 18) return false;
  // "BM" begins texts too; a header's length does not.
  constexpr std::array<unsigned char, 7> kHeaders = {12, 40, 52, 56, 64, 108, 124};
  const auto size = static_cast<unsigned char>(bytes[14]);
  return std::find(kHeaders.begin(), kHeaders.end(), size) != kHeaders.end() &&
         bytes.substr(15, 3) == exact("\0\0\0");
}

}  // namespace

PictureKind picture_kind(std::string_view bytes) {
  if (begins(bytes, "\xff\xd8")) return PictureKind::jpeg;
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return PictureKind::png;
  if (begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)) return PictureKind::webp;
  for (const std::string_view tiff :
       {exact("II*\0"), exact("MM\0*"), exact("II+\0"), exact("MM\0+")}) {
    if (begins(bytes, tiff)) return PictureKind::tiff;
  }
  if (begins(bytes, "GIF87a") || begins(bytes, "GIF89a")) return PictureKind::gif;
  if (is_heif(bytes)) return PictureKind::heif;
  return is_bmp(bytes) ? PictureKind::bmp : PictureKind::none;
}

std::string describe_bytes(std::string_view bytes) {
  if (picture_kind(bytes) != PictureKind::none) return "a picture";
  if (begins(bytes, "DICM", 128)) return std::string(kDicom);
  for (const Signature& known : kKnownOthers) {
    if (begins(bytes, known.bytes, known.offset)) return std::string(known.meaning);
  }
  const std::string_view head = bytes.substr(0, 512);
  if (const std::string_view markup = describe_markup(head); !markup.empty()) {
    return std::string(markup);
  }
  const std::string what = io::describe_bytes(bytes);
  return what.starts_with("unknown")
             ? what + "; JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF and HEIC are read"
             : what;
}

}  // namespace fcclip::image
