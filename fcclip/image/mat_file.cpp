// Read by libmatio. What its functions complain about is damage; they print nothing.

#include "fcclip/image/mat_file.h"

#include <H5public.h>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <matio.h>
#include <memory>
#include <mutex>
#include <unistd.h>
#include <utility>
#include <zlib.h>

#include <ATen/ATen.h>

#include "fcclip/core/listed.h"
#include "fcclip/image/codec.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/text/printable.h"

namespace fcclip::image {
namespace {

constexpr size_t kHeaderBytes = 128;
constexpr std::string_view kDamaged = "truncated or damaged: MATLAB's format is not kept to";

// HDF5, below matio, serves one thread at a time; matio's log is of the whole process.
std::mutex matio_mutex;
bool matio_complained = false;

void note_complaint(int, char*) {
  matio_complained = true;
}

// For bytes in memory: matio, and HDF5 below it, want a file with a name.
class TemporaryCopy {
 public:
  TemporaryCopy(std::string_view bytes, const std::string& file)
      : path_((std::filesystem::temp_directory_path() / "fcclip-mat-XXXXXX").string()) {
    const int descriptor = mkstemp(path_.data());
    if (descriptor < 0) fail(ErrorCode::io_failure, file, ": no temporary file ", path_);
    ssize_t written = 0;
    do {
      bytes.remove_prefix(static_cast<size_t>(written));
      written = ::write(descriptor, bytes.data(), bytes.size());
    } while (written > 0);
    ::close(descriptor);
    if (bytes.empty()) return;
    ::unlink(path_.c_str());
    fail(ErrorCode::io_failure, file, ": can't write ", path_);
  }
  ~TemporaryCopy() { ::unlink(path_.c_str()); }
  TemporaryCopy(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(const TemporaryCopy&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Mat = std::unique_ptr<mat_t, int (*)(mat_t*)>;
using Variable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

template <typename T>
std::vector<int32_t> whole_numbers(std::string_view data, const std::string& where) {
  std::vector<int32_t> values(data.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    bool whole;
    if constexpr (std::is_floating_point_v<T>) {
      whole = std::trunc(value) == value && std::abs(value) < T{2147483648};
    } else {
      whole = std::in_range<int32_t>(value);
    }
    if (!whole) refuse(where, "the value ", +value, " is no label (a whole number of 32 bits)");
    values[i] = static_cast<int32_t>(value);
  }
  return values;
}

std::vector<int32_t> values_of(matio_classes kind, std::string_view data,
                               const std::string& where) {
  switch (kind) {
    case MAT_C_DOUBLE:
      return whole_numbers<double>(data, where);
    case MAT_C_SINGLE:
      return whole_numbers<float>(data, where);
    case MAT_C_INT8:
      return whole_numbers<int8_t>(data, where);
    case MAT_C_UINT8:
      return whole_numbers<uint8_t>(data, where);
    case MAT_C_INT16:
      return whole_numbers<int16_t>(data, where);
    case MAT_C_UINT16:
      return whole_numbers<uint16_t>(data, where);
    case MAT_C_INT32:
      return whole_numbers<int32_t>(data, where);
    case MAT_C_UINT32:
      return whole_numbers<uint32_t>(data, where);
    case MAT_C_INT64:
      return whole_numbers<int64_t>(data, where);
    default:
      return whole_numbers<uint64_t>(data, where);
  }
}

// Of what stands in the file before the values.
void check_kind(const matvar_t& matrix, const std::string& where) {
  if (matrix.class_type < MAT_C_DOUBLE || matrix.class_type > MAT_C_UINT64 || matrix.isComplex) {
    fail(ErrorCode::unsupported, where, " is ",
         matrix.isComplex ? "complex"
         : matrix.class_type == MAT_C_SPARSE
             ? "sparse"
             : "no numeric matrix (a cell, structure, object or text)",
         ", expected a real matrix of numbers");
  }
  if (matrix.rank != 2) {
    fail(ErrorCode::unsupported, where, " has ", matrix.rank, " dimensions, expected 2");
  }
  for (const size_t extent : {matrix.dims[0], matrix.dims[1]}) {
    if (!std::in_range<int32_t>(extent)) refuse(where, kDamaged);
  }
  check_extent(where, static_cast<int64_t>(matrix.dims[1]), static_cast<int64_t>(matrix.dims[0]));
}

// matio leaves alone what a damaged file has no values for, and says nothing: whatever was there
// before stays.
std::string data_of(mat_t* mat, matvar_t& matrix, const std::string& where) {
  const size_t size = matrix.dims[0] * matrix.dims[1] * Mat_SizeOfClass(matrix.class_type);
  int start[] = {0, 0}, stride[] = {1, 1};
  int edge[] = {static_cast<int>(matrix.dims[0]), static_cast<int>(matrix.dims[1])};
  const auto read_over = [&](char before) {
    std::string data(size, before);
    const int code = Mat_VarReadData(mat, &matrix, data.data(), start, stride, edge);
    if (code != 0 || matio_complained) refuse(where, kDamaged);
    return data;
  };
  std::string data = read_over('\x55');
  if (data != read_over('\x2A')) refuse(where, kDamaged);
  return data;
}

at::Tensor labels_of(mat_t* mat, matvar_t& matrix, const std::string& where) {
  check_kind(matrix, where);
  std::vector<int32_t> values = values_of(matrix.class_type, data_of(mat, matrix, where), where);
  const auto rows = static_cast<int64_t>(matrix.dims[0]);
  const auto columns = static_cast<int64_t>(matrix.dims[1]);
  // A copy always: a single row or column is contiguous as it is and would go with the values.
  return at::from_blob(values.data(), {columns, rows}, at::kInt)
      .t()
      .clone(at::MemoryFormat::Contiguous);
}

std::string inflated(std::string_view packed, const std::string& file) {
  constexpr size_t kPiece = 1 << 16;
  const size_t largest = size_t{8} * static_cast<size_t>(largest_picture());
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) refuse(file, "can't be unpacked: no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  std::vector<char> piece(kPiece);
  int code = Z_OK;
  while (code == Z_OK && bytes.size() < largest) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = kPiece;
    code = inflate(&stream, Z_NO_FLUSH);
    bytes.append(piece.data(), kPiece - stream.avail_out);
  }
  if (code != Z_STREAM_END) refuse(file, kDamaged);
  return bytes;
}

// matio takes what ends early for a file with fewer variables, makes room for a name of any length,
// and follows cells in cells down to the end of its stack. Matrices are made of elements too; those
// of up to four bytes stand in their tag.
void check_elements(std::string_view bytes, bool swapped, const std::string& file, int depth = 0) {
  constexpr uint32_t kMatrix = 14, kCompressed = 15;
  constexpr int kDeepest = 32;
  if (depth > kDeepest) refuse(file, "cells in cells, deeper than ", kDeepest);
  while (!bytes.empty()) {
    uint32_t tag[2] = {};
    if (bytes.size() < sizeof tag) refuse(file, kDamaged);
    std::memcpy(tag, bytes.data(), sizeof tag);
    for (uint32_t& word : tag) word = swapped ? __builtin_bswap32(word) : word;
    bytes.remove_prefix(sizeof tag);
    if (tag[0] >> 16 != 0) continue;
    if (tag[1] > bytes.size()) refuse(file, kDamaged);
    const size_t size = tag[1], padding = tag[0] == kCompressed ? 0 : (8 - size % 8) % 8;
    const std::string_view content = bytes.substr(0, size);
    if (tag[0] == kMatrix) check_elements(content, swapped, file, depth + 1);
    if (tag[0] == kCompressed) check_elements(inflated(content, file), swapped, file, depth + 1);
    bytes.remove_prefix(std::min(bytes.size(), size + padding));
  }
}

// matio takes any file for one of MATLAB 4, which has no mark.
void check_header(std::string_view bytes, const std::string& file) {
  const std::string_view order = bytes.size() < kHeaderBytes ? "" : bytes.substr(126, 2);
  const bool swapped = order == "MI";
  const int version = order.empty() ? 0 : static_cast<unsigned char>(bytes[swapped ? 124 : 125]);
  if ((order != "IM" && order != "MI") || (version != 1 && version != 2)) {
    refuse(file, "no MAT-file of MATLAB 5 or later: it looks like ", describe_bytes(bytes));
  }
  if (version == 1) check_elements(bytes.substr(kHeaderBytes), swapped, file);
}

at::Tensor read_labels(const std::string& path, std::string_view variable,
                       const std::string& name_for_errors) {
  const std::lock_guard lock(matio_mutex);
  // At the process's end HDF5 would complain of what a damaged file left open.
  [[maybe_unused]] static const herr_t kQuietEnd = H5dont_atexit();
  Mat_LogInitFunc("fcclip", note_complaint);
  matio_complained = false;
  const Mat mat(Mat_Open(path.c_str(), MAT_ACC_RDONLY), Mat_Close);
  if (!mat) refuse(name_for_errors, kDamaged);
  std::string present;
  while (true) {
    const Variable matrix(Mat_VarReadNextInfo(mat.get()), Mat_VarFree);
    if (matio_complained) refuse(name_for_errors, kDamaged);
    if (!matrix) break;
    const std::string name = matrix->name == nullptr ? "" : matrix->name;
    if (name == variable) return labels_of(mat.get(), *matrix, name_for_errors + ": " + name);
    add_to_list(present, text::printable(name));
  }
  fail(ErrorCode::not_found, name_for_errors, ": no variable ", variable, "; there is ",
       present.empty() ? "none" : present);
}

}  // namespace

at::Tensor decode_mat_labels(std::string_view bytes, std::string_view variable,
                             const std::string& name_for_errors) {
  check_header(bytes, name_for_errors);
  return read_labels(TemporaryCopy(bytes, name_for_errors).path(), variable, name_for_errors);
}

at::Tensor read_mat_labels(const std::filesystem::path& path, std::string_view variable) {
  check_header(io::read_file(path), path.string());
  return read_labels(path.string(), variable, path.string());
}

}  // namespace fcclip::image
