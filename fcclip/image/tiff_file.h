#pragma once
// libtiff on bytes in memory, with its messages kept instead of printed. Internal to the folder.

#include <string>
#include <string_view>
#include <tiffio.h>

namespace fcclip::image {

/// The first directory of a TIFF.
class TiffFile {
 public:
  explicit TiffFile(std::string_view bytes);
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;
  ~TiffFile();

  /// Null when the file could not be opened.
  TIFF* handle() const { return tiff_; }
  /// The library's first complaint, one line.
  const std::string& message() const { return source_.message; }
  void set_message(std::string_view message) { source_.message = message; }

  /// A tag's value, or its default.
  template <typename T>
  T field(uint32_t tag, T otherwise) const {
    T value = otherwise;
    return TIFFGetFieldDefaulted(tiff_, tag, &value) == 1 ? value : otherwise;
  }

  /// A tag that libtiff does not know, as text; empty when it is not there or no text.
  std::string text(uint32_t tag) const;

  /// What libtiff reads from and writes its complaints to.
  struct Source {
    std::string_view bytes;
    uint64_t position = 0;
    std::string message;
  };

 private:
  Source source_;
  TIFF* tiff_ = nullptr;
};

}  // namespace fcclip::image
