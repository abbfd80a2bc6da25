// MAT-File Format, MathWorks, chapter 1: a header of 128 bytes, then elements of a tag (type, size)
// and data. A matrix is an element made of elements: flags, extents, name, values by columns.

#include "fcclip/image/mat_file.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <zlib.h>

#include <ATen/ATen.h>

#include "fcclip/image/codec.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/byte_reader.h"
#include "fcclip/text/printable.h"

namespace fcclip::image {
namespace {

using Bytes = std::span<const std::byte>;

constexpr size_t kHeaderBytes = 128;
constexpr uint32_t kMatrix = 14, kCompressed = 15;        // types of elements
constexpr uint32_t kFirstNumeric = 6, kLastNumeric = 15;  // classes: double … uint64
constexpr uint32_t kSparse = 5;
constexpr size_t kLargestElement = size_t{1} << 30;

struct Element {
  uint32_t type = 0;
  Bytes data;
};

class Cursor {
 public:
  Cursor(Bytes bytes, bool swapped, const std::string& file)
      : reader_(bytes, file), swapped_(swapped) {}

  bool at_end() const { return reader_.remaining() == 0; }

  Element next() {
    const uint32_t first = word();
    // Up to four bytes of data stand in the tag itself, their number in its upper half.
    if (const uint32_t size = first >> 16; size != 0) {
      if (size > 4) refuse(reader_.file(), "damaged: a small element of ", size, " bytes");
      return {first & 0xFFFF, reader_.take(4).first(size)};
    }
    const uint32_t size = word();
    const Element element{first, reader_.take(size)};
    // Compressed elements aren't padded; writers leave the last one's padding out at times.
    if (first != kCompressed)
      reader_.take(std::min<size_t>((8 - size % 8) % 8, reader_.remaining()));
    return element;
  }

 private:
  uint32_t word() {
    const auto value = static_cast<uint32_t>(reader_.unsigned_int(4));
    return swapped_ ? __builtin_bswap32(value) : value;
  }

  io::ByteReader reader_;
  bool swapped_;
};

// The element inside a compressed one. Its tag comes first and says how long it is.
std::string inflated(Bytes data, bool swapped, const std::string& file) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) fail(ErrorCode::out_of_memory, file, ": zlib");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  const auto fill = [&](std::string& text, size_t from) {
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + from);
    stream.avail_out = static_cast<uInt>(text.size() - from);
    while (stream.avail_out > 0) {
      const int code = inflate(&stream, Z_NO_FLUSH);
      if (stream.avail_out > 0 && code != Z_OK) {
        refuse(file, "truncated or damaged: a compressed variable can't be unpacked");
      }
    }
  };
  std::string text(8, '\0');
  fill(text, 0);
  uint32_t size = 0;
  std::memcpy(&size, text.data() + 4, 4);
  if (swapped) size = __builtin_bswap32(size);
  // zlib packs at most 1032 to one.
  if (size > kLargestElement || size / 1032 > data.size()) {
    refuse(file, "damaged: a compressed variable claims ", size, " bytes");
  }
  text.resize(8 + size_t{size});
  fill(text, 8);
  return text;
}

template <typename T>
T number(const std::byte* at, bool swapped) {
  std::array<std::byte, sizeof(T)> raw;
  std::copy_n(at, sizeof(T), raw.begin());
  if (swapped) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<T>(raw);
}

template <typename T>
std::vector<int32_t> whole_numbers(Bytes data, bool swapped, const std::string& file) {
  std::vector<int32_t> values(data.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    const T value = number<T>(data.data() + i * sizeof(T), swapped);
    bool whole;
    if constexpr (std::is_floating_point_v<T>) {
      whole = std::trunc(value) == value && std::abs(value) < T{2147483648};
    } else {
      whole = std::in_range<int32_t>(value);
    }
    if (!whole) refuse(file, "the value ", +value, " is no label (a whole number of 32 bits)");
    values[i] = static_cast<int32_t>(value);
  }
  return values;
}

std::vector<int32_t> values_of(const Element& element, bool swapped, const std::string& file) {
  const Bytes data = element.data;
  switch (element.type) {
    case 1:
      return whole_numbers<int8_t>(data, swapped, file);
    case 2:
      return whole_numbers<uint8_t>(data, swapped, file);
    case 3:
      return whole_numbers<int16_t>(data, swapped, file);
    case 4:
      return whole_numbers<uint16_t>(data, swapped, file);
    case 5:
      return whole_numbers<int32_t>(data, swapped, file);
    case 6:
      return whole_numbers<uint32_t>(data, swapped, file);
    case 7:
      return whole_numbers<float>(data, swapped, file);
    case 9:
      return whole_numbers<double>(data, swapped, file);
    case 12:
      return whole_numbers<int64_t>(data, swapped, file);
    case 13:
      return whole_numbers<uint64_t>(data, swapped, file);
    default:
      refuse(file, "damaged: data of the unknown type ", element.type);
  }
}

struct Matrix {
  std::string name;
  uint32_t kind = 0;
  bool complex = false;
  std::vector<int32_t> extents;
  Cursor values;  ///< before the data
};

Matrix open_matrix(Bytes data, bool swapped, const std::string& file) {
  Cursor parts(data, swapped, file);
  const Element flags = parts.next();
  if (flags.data.size() != 8) refuse(file, "damaged: array flags of ", flags.data.size(), " bytes");
  const auto bits = number<uint32_t>(flags.data.data(), swapped);
  const std::vector<int32_t> extents = values_of(parts.next(), swapped, file);
  const Bytes name = parts.next().data;
  return {std::string(reinterpret_cast<const char*>(name.data()), name.size()), bits & 0xFF,
          (bits & 0x800) != 0, extents, parts};
}

at::Tensor labels_of(Matrix matrix, bool swapped, const std::string& file) {
  const std::string where = file + ": " + matrix.name;
  if (matrix.kind < kFirstNumeric || matrix.kind > kLastNumeric || matrix.complex) {
    fail(ErrorCode::unsupported, where, " is ",
         matrix.complex           ? "complex"
         : matrix.kind == kSparse ? "sparse"
                                  : "no numeric matrix (a cell, structure, object or text)",
         ", expected a real matrix of numbers");
  }
  if (matrix.extents.size() != 2) {
    fail(ErrorCode::unsupported, where, " has ", matrix.extents.size(), " dimensions, expected 2");
  }
  const int64_t rows = matrix.extents[0], columns = matrix.extents[1];
  check_extent(where, columns, rows);
  std::vector<int32_t> values = values_of(matrix.values.next(), swapped, where);
  if (std::ssize(values) != rows * columns) {
    refuse(where, "damaged: ", values.size(), " values for ", rows, " x ", columns);
  }
  // A copy always: a single row or column is contiguous as it is and would go with the values.
  return at::from_blob(values.data(), {columns, rows}, at::kInt)
      .t()
      .clone(at::MemoryFormat::Contiguous);
}

// Whether the numbers' bytes stand in the other order than this machine's (little-endian).
bool check_header(std::string_view bytes, const std::string& file) {
  if (bytes.starts_with("MATLAB 7.3") || bytes.substr(0, 8) == "\x89HDF\r\n\x1a\n") {
    fail(ErrorCode::unsupported, file,
         ": a MATLAB 7.3 (HDF5) file; save it with -v7 in MATLAB, or with scipy.io.savemat");
  }
  if (bytes.size() < kHeaderBytes) {
    refuse(file, "no MAT-file of level 5: it looks like ", describe_bytes(bytes));
  }
  const std::string_view order = bytes.substr(126, 2);
  const auto version = static_cast<unsigned char>(bytes[order == "IM" ? 125 : 124]);
  if ((order != "IM" && order != "MI") || version != 1) {
    refuse(file, "no MAT-file of level 5: it looks like ", describe_bytes(bytes));
  }
  return order == "MI";
}

}  // namespace

at::Tensor decode_mat_labels(std::string_view bytes, std::string_view variable,
                             const std::string& name_for_errors) {
  const bool swapped = check_header(bytes, name_for_errors);
  Cursor file(std::as_bytes(std::span(bytes)).subspan(kHeaderBytes), swapped, name_for_errors);
  std::string present;
  while (!file.at_end()) {
    Element element = file.next();
    std::string unpacked;
    if (element.type == kCompressed) {
      unpacked = inflated(element.data, swapped, name_for_errors);
      element = Cursor(std::as_bytes(std::span(unpacked)), swapped, name_for_errors).next();
    }
    if (element.type != kMatrix) continue;
    Matrix matrix = open_matrix(element.data, swapped, name_for_errors);
    if (matrix.name == variable) return labels_of(std::move(matrix), swapped, name_for_errors);
    present += (present.empty() ? "" : ", ") + text::printable(matrix.name);
  }
  fail(ErrorCode::not_found, name_for_errors, ": no variable ", variable, "; there is ",
       present.empty() ? "none" : present);
}

at::Tensor read_mat_labels(const std::filesystem::path& path, std::string_view variable) {
  return decode_mat_labels(io::read_file(path), variable, path.string());
}

}  // namespace fcclip::image
