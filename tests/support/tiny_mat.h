#pragma once
// MAT-files of level 5 written byte by byte, from MathWorks' description of the format.

#include <cstdint>
#include <string>
#include <vector>
#include <zlib.h>

namespace fcclip::test {

class TinyMat {
 public:
  explicit TinyMat(bool big_endian = false) : big_(big_endian) {
    file_ = "MATLAB 5.0 MAT-file, written by a test";
    file_.resize(124, ' ');
    file_ += number(0x0100, 2) + number(0x4D49, 2);
  }

  /// The low `bytes` bytes of a number in the file's order.
  std::string number(uint64_t value, size_t bytes) const {
    std::string out;
    for (size_t i = 0; i < bytes; ++i) {
      out += static_cast<char>(value >> 8 * (big_ ? bytes - 1 - i : i));
    }
    return out;
  }

  std::string element(uint32_t type, std::string data) const {
    std::string out = number(type, 4) + number(data.size(), 4) + data;
    while (out.size() % 8 != 0) out += '\0';
    return out;
  }

  /// Values by columns; `data` is what stands in the file for them, of the element type `type`.
  std::string matrix(const std::string& name, uint32_t kind, std::vector<int32_t> extents,
                     uint32_t type, const std::string& data) const {
    std::string sizes;
    for (const int32_t extent : extents) sizes += number(static_cast<uint32_t>(extent), 4);
    std::string short_name = name;
    short_name.resize(4);
    return element(
        14, element(6, number(kind, 4) + number(0, 4)) + element(5, sizes) +
                (name.size() <= 4 ? number(name.size() << 16 | 1, 4) + short_name  // in the tag
                                  : element(1, name)) +
                element(type, data));
  }

  std::string shorts(const std::vector<uint16_t>& values) const {
    std::string out;
    for (const uint16_t value : values) out += number(value, 2);
    return out;
  }

  TinyMat& add(const std::string& element) {
    file_ += element;
    return *this;
  }
  TinyMat& add_packed(const std::string& element) {
    uLongf size = compressBound(element.size());
    std::string packed(size, '\0');
    compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(element.data()), element.size());
    packed.resize(size);
    file_ += number(15, 4) + number(size, 4) + packed;
    return *this;
  }

  const std::string& bytes() const { return file_; }

 private:
  bool big_;
  std::string file_;
};

}  // namespace fcclip::test
