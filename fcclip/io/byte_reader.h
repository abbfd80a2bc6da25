#pragma once
// Little-endian numbers out of untrusted bytes.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "fcclip/core/error.h"

namespace fcclip::io {

/// Reads forward and never past the end: Error{bad_format} "truncated" instead.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string file)
      : bytes_(bytes), file_(std::move(file)) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  const std::string& file() const { return file_; }

  /// From the start.
  void seek(uint64_t position) {
    if (position > bytes_.size()) truncated();
    position_ = position;
  }
  /// The next `count` bytes.
  std::span<const std::byte> take(uint64_t count) {
    if (count > remaining()) truncated();
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }
  /// The next `count` bytes as text.
  std::string_view text(uint64_t count) {
    const auto taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  /// Unsigned, 1 to 8 bytes.
  uint64_t unsigned_int(size_t bytes) {
    uint64_t value = 0;
    const auto taken = take(bytes);
    for (size_t i = bytes; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(taken[i]);
    return value;
  }
  uint8_t byte() { return static_cast<uint8_t>(unsigned_int(1)); }

 private:
  [[noreturn]] void truncated() const {
    fail(ErrorCode::bad_format, file_, " is truncated or damaged: it ends at byte ", position_,
         " of ", bytes_.size(), " where more must follow");
  }

  std::span<const std::byte> bytes_;
  std::string file_;
  size_t position_ = 0;
};

}  // namespace fcclip::io
