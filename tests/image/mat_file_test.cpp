#include "fcclip/image/mat_file.h"

#include <bit>
#include <matio.h>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "tests/image/pictures.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_mat.h"

namespace fcclip::image {
namespace {

using test::TinyMat;

constexpr uint32_t kDouble = 6, kUint16 = 11, kUint8Data = 2, kUint16Data = 4, kDoubleData = 9;

std::string label_map(const TinyMat& mat) {
  return mat.matrix("LabelMap", kUint16, {2, 3}, kUint16Data, mat.shorts({1, 2, 3, 4, 459, 65535}));
}

void expect_label_map(const std::string& bytes) {
  const at::Tensor want = at::tensor({1, 3, 459, 2, 4, 65535}, at::kInt).view({2, 3});
  EXPECT_TRUE(at::equal(decode_mat_labels(bytes, "LabelMap", "a.mat"), want));
}

// The same map in HDF5, as MATLAB's -v7.3 stores it.
std::string hdf5_label_map(matio_compression packing) {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.mat").string();
  uint16_t values[] = {1, 2, 3, 4, 459, 65535};
  size_t extents[] = {2, 3};
  mat_t* mat = Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT73);
  matvar_t* matrix = Mat_VarCreate("LabelMap", MAT_C_UINT16, MAT_T_UINT16, 2, extents, values, 0);
  Mat_VarWrite(mat, matrix, packing);
  Mat_VarFree(matrix);
  Mat_Close(mat);
  return io::read_file(path);
}

Error error_of(const std::string& bytes, std::string_view variable = "LabelMap") {
  try {
    decode_mat_labels(bytes, variable, "a.mat");
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::internal, "nothing was thrown");
}

TEST(MatFile, EitherByteOrderPackedOrNot) {
  for (const bool big : {false, true}) {
    TinyMat plain(big), packed(big);
    expect_label_map(plain.add(label_map(plain)).bytes());
    expect_label_map(packed.add_packed(label_map(packed)).bytes());
  }
}

TEST(MatFile, OfMatlab73) {
  for (const auto packing : {MAT_COMPRESSION_NONE, MAT_COMPRESSION_ZLIB}) {
    const std::string bytes = hdf5_label_map(packing);
    ASSERT_TRUE(bytes.starts_with("MATLAB 7.3"));
    expect_label_map(bytes);
    EXPECT_EQ(error_of(bytes, "Labels").code(), ErrorCode::not_found);
    testing::internal::CaptureStderr();
    for (size_t size = 0; size < bytes.size(); size += 13) {
      EXPECT_EQ(error_of(bytes.substr(0, size)).code(), ErrorCode::bad_format) << size;
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");  // HDF5 prints its errors if not told
  }
}

TEST(MatFile, DoublesAndNumbersStoredSmallerThanTheirClass) {
  TinyMat mat;
  std::string doubles;
  for (const double value : {7.0, -2.0}) doubles += mat.number(std::bit_cast<uint64_t>(value), 8);
  mat.add_packed(mat.matrix("x", kDouble, {1, 2}, kDoubleData, doubles));
  mat.add(mat.matrix("bytes", kDouble, {2, 1}, kUint8Data, "\x05\xFF"));
  EXPECT_TRUE(at::equal(decode_mat_labels(mat.bytes(), "x", "a.mat"),
                        at::tensor({7, -2}, at::kInt).view({1, 2})));
  EXPECT_TRUE(at::equal(decode_mat_labels(mat.bytes(), "bytes", "a.mat"),
                        at::tensor({5, 255}, at::kInt).view({2, 1})));
}

TEST(MatFile, OtherVariablesAreNamed) {
  TinyMat mat;
  mat.add(label_map(mat));
  const Error error = error_of(mat.bytes(), "Labels");
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_NE(std::string(error.what()).find("a.mat: no variable Labels; there is LabelMap"),
            std::string::npos)
      << error.what();
}

TEST(MatFile, WhatIsNoLabelMapIsRefused) {
  TinyMat cell, cube, fraction;
  cell.add(cell.matrix("LabelMap", 1, {1, 1}, 1, ""));
  cube.add(cube.matrix("LabelMap", kUint16, {1, 1, 1}, kUint16Data, cube.shorts({1})));
  fraction.add(fraction.matrix("LabelMap", kDouble, {1, 1}, kDoubleData,
                               fraction.number(std::bit_cast<uint64_t>(1.5), 8)));
  EXPECT_EQ(error_of(cell.bytes()).code(), ErrorCode::unsupported);
  EXPECT_EQ(error_of(cube.bytes()).code(), ErrorCode::unsupported);
  EXPECT_EQ(error_of(fraction.bytes()).code(), ErrorCode::bad_format);
  EXPECT_EQ(error_of("MATLAB 7.3 MAT-file, Platform: GLNXA64").code(), ErrorCode::bad_format);
  EXPECT_EQ(error_of("").code(), ErrorCode::bad_format);
  EXPECT_EQ(error_of(std::string(200, 'x')).code(), ErrorCode::bad_format);
}

TEST(MatFile, EveryTruncationIsRefused) {
  TinyMat plain, packed;
  plain.add(label_map(plain));
  packed.add_packed(label_map(packed));
  for (const std::string& bytes : {plain.bytes(), packed.bytes()}) {
    // At 128 bytes the file is whole and empty; the last padding, and zlib's checksum, aren't
    // needed.
    for (size_t size = 0; size + 8 < bytes.size(); ++size) {
      const ErrorCode code = error_of(bytes.substr(0, size)).code();
      EXPECT_EQ(code, size == 128 ? ErrorCode::not_found : ErrorCode::bad_format) << size;
    }
  }
}

TEST(MatFile, ExtentsBeyondTheValuesAreRefused) {
  for (const bool packed : {false, true}) {
    for (const int32_t rows : {3, 127, 100000}) {
      TinyMat mat;
      const std::string element =
          mat.matrix("LabelMap", kUint16, {rows, 3}, kUint16Data, mat.shorts({1, 2, 3, 4, 5, 6}));
      packed ? mat.add_packed(element) : mat.add(element);
      EXPECT_EQ(error_of(mat.bytes()).code(), ErrorCode::bad_format) << packed << " " << rows;
    }
  }
}

TEST(MatFile, CellsInCellsDoNotEndTheStack) {
  constexpr uint32_t kMatrixElement = 14;
  const TinyMat tiny;
  std::string nested;
  for (int i = 0; i < 200000; ++i) {
    nested += tiny.number(kMatrixElement, 4) + tiny.number(8 * (199999 - i), 4);
  }
  EXPECT_ERROR(bad_format, "cells in cells",
               decode_mat_labels(TinyMat().add(nested).bytes(), "LabelMap", "a.mat"));
  EXPECT_ERROR(bad_format, "cells in cells",
               decode_mat_labels(TinyMat().add_packed(nested).bytes(), "LabelMap", "a.mat"));
}

TEST(MatFile, DamageNeverCrashes) {
  TinyMat plain, packed;
  plain.add(label_map(plain));
  packed.add_packed(label_map(packed));
  std::vector<std::string> files = {plain.bytes(), packed.bytes()};
#ifndef FCCLIP_SANITIZED
  // HDF5 1.10 itself reads a few bytes behind its buffers when a 7.3 file is damaged.
  files.push_back(hdf5_label_map(MAT_COMPRESSION_NONE));
#endif
  int refused = 0;
  for (const std::string& good : files) {
    for (size_t at = 124; at < good.size(); ++at) {
      for (const unsigned char value : {0x00, 0x7F, 0xFF}) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(value);
        try {
          decode_mat_labels(bytes, "LabelMap", "a.mat");
        } catch (const Error&) {
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace fcclip::image
