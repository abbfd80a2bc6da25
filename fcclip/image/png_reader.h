#pragma once
// libpng behind a class whose methods return false on errors. Internal to the folder.

#include <csetjmp>
#include <png.h>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::image {

/// One picture, once. libpng jumps out of its calls on errors; only the methods of this class make
/// such calls, and they hold plain values only.
class PngReader {
 public:
  explicit PngReader(std::string_view bytes) : bytes_(bytes) {}
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader();

  /// As libpng gives it.
  struct Header {
    png_uint_32 width = 0, height = 0;
    int bit_depth = 0, color_type = 0, interlace = 0;
  };

  /// Comes first. Fails for what is no PNG and for damaged headers; message() says why.
  bool read_header(Header* header);
  /// Asks for 8-bit RGB of a picture of at most 8 bits: palette and grey expanded, alpha dropped.
  bool as_rgb8();
  /// Asks for 8-bit RGBA of a picture of any depth; what has no alpha is opaque.
  bool as_rgba8();
  /// Asks for the stored values: bits unpacked to bytes, 16 bits in the machine's order, palette
  /// indices as they are, alpha dropped.
  bool as_stored();
  /// Bytes of a row after as_*(), 0 on failure.
  size_t row_bytes();
  /// Every row of the picture at rows[0], rows[1], …; also reads what follows the pixels.
  bool read_rows(std::vector<png_bytep>& rows);
  /// The next row, of a picture that is not interlaced.
  bool read_row(png_bytep row);
  /// The eXIf chunk; empty when there is none.
  std::string_view exif();
  /// The text of a chunk with this keyword; empty when there is none.
  std::string_view text(const char* keyword);

  bool truncated() const { return truncated_; }
  const char* message() const { return message_; }

 private:
  static void on_error(png_structp png, png_const_charp message);
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep target, png_size_t size);

  std::string_view bytes_;
  size_t position_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  bool truncated_ = false;
  char message_[160] = "out of memory";
};

}  // namespace fcclip::image
