#include "fcclip/image/image_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/orientation.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::image {
namespace {

bool starts_with(std::string_view bytes, std::string_view head, size_t offset = 0) {
  return bytes.size() >= offset && bytes.substr(offset, head.size()) == head;
}

struct Signature {
  size_t offset;
  std::string_view bytes, meaning;
};

// What people hand in by mistake.
constexpr std::array<Signature, 17> kKnownOthers = {{
    {0, "GIF8", "a GIF picture"},
    {0, "BM", "a BMP picture"},
    {4, "ftypavif", "an AVIF picture"},
    {4, "ftyphei", "a HEIC picture"},
    {4, "ftypmif1", "a HEIF picture"},
    {4, "ftyp", "a video (MP4 or QuickTime)"},
    {0, "\xff\x0a", "a JPEG XL picture"},
    {4, "JXL ", "a JPEG XL picture"},
    {4, "jP  ", "a JPEG 2000 picture"},
    {0, "8BPS", "a Photoshop document"},
    {0, "%PDF", "a PDF document"},
    {0, "PK\x03\x04", "a ZIP archive (or a checkpoint)"},
    {0, "\x1f\x8b", "gzipped data"},
    {0, "\x93NUMPY", "a NumPy array"},
    {0, "\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"},
    {0, "version https://git-lfs", "a Git LFS pointer; fetch the file with `git lfs pull`"},
    {0, "<!DOCTYPE", "an HTML page"},
}};

bool looks_like_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

std::string first_words(std::string_view bytes) {
  std::string words;
  for (const char c : bytes.substr(0, 24)) {
    const auto byte = static_cast<unsigned char>(c);
    words += byte >= 0x20 && byte < 0x7f ? c : ' ';
  }
  return words;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, 8)) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ' ';
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

using Decoder = Decoded (*)(std::string_view, std::string_view);

Decoder decoder_for(std::string_view bytes) {
  if (starts_with(bytes, "\xff\xd8")) return decode_jpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return decode_png;
  if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8)) return decode_webp;
  for (const std::string_view tiff : {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                      std::string_view("II+\0", 4), std::string_view("MM\0+", 4)}) {
    if (starts_with(bytes, tiff)) return decode_tiff;
  }
  return nullptr;
}

}  // namespace

std::string describe_bytes(std::string_view bytes) {
  if (bytes.empty()) return "an empty file (0 bytes)";
  if (decoder_for(bytes) != nullptr) return "a picture";
  for (const Signature& known : kKnownOthers) {
    if (starts_with(bytes, known.bytes, known.offset)) return std::string(known.meaning);
  }
  const std::string_view head = bytes.substr(0, 512);
  if (head.find_first_not_of('\0') == std::string_view::npos) {
    return bytes.size() > head.size() ? "a file that begins with zero bytes"
                                      : "nothing but zero bytes";
  }
  if (looks_like_text(head)) return "text (\"" + first_words(bytes) + "\")";
  return "unknown data (first bytes " + hex(bytes) + ")";
}

void check_extent(std::string_view name, int64_t width, int64_t height) {
  if (width < 1 || height < 1) {
    refuse(name, "damaged picture: its header says ", width, " x ", height, " pixels");
  }
  if (width > kMaxPixels / height) {
    refuse(name, "its header claims ", width, " x ", height, " pixels, more than the ", kMaxPixels,
           " that are read");
  }
}

at::Tensor decode_rgb(std::string_view bytes, std::string_view name_for_errors) {
  const Decoder decode = decoder_for(bytes);
  if (decode == nullptr) {
    refuse(name_for_errors, describe_bytes(bytes), ", expected a JPEG, PNG, WebP or TIFF picture");
  }
  const Decoded decoded = decode(bytes, name_for_errors);
  return apply_orientation(decoded.rgb, decoded.orientation);
}

at::Tensor read_rgb(const std::filesystem::path& path) {
  return decode_rgb(io::read_file(path), path.string());
}

bool has_image_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 9> kExtensions = {
      ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".tif", ".tiff"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace fcclip::image
