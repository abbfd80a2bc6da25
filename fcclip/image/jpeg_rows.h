#pragma once
// A JPEG, row after row. Internal to the folder.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/image/read_options.h"

namespace fcclip::image {

/// Reads the header at once and rows from the top down.
class JpegRows {
 public:
  /// `bytes` must outlive this. Throws Error{bad_format, too_large}.
  JpegRows(std::string_view bytes, std::string_view name, const ReadOptions& options);
  JpegRows(const JpegRows&) = delete;
  JpegRows& operator=(const JpegRows&) = delete;
  ~JpegRows();

  int64_t width() const;
  int64_t height() const;
  /// EXIF's 1 … 8.
  int orientation() const;
  /// Whether libjpeg keeps the whole picture in memory whatever is read of it: several scans.
  bool kept_whole() const;
  /// The next row, `width` pixels RGB. Throws Error{bad_format}.
  void read(uint8_t* rgb);

 private:
  class Reader;
  void start();

  std::unique_ptr<Reader> reader_;
  std::string name_;
  bool started_ = false;
  int64_t row_ = 0;
  std::vector<uint8_t> buffer_;  ///< of one row, where it is not RGB
};

}  // namespace fcclip::image
