#include "fcclip/image/label_file.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/source_folder.h"

namespace fcclip::image {
namespace {

TEST(LabelFile, WhatLibtiffSaysInTwoLinesIsToldInOne) {
  const auto path = test::source_folder() / "fuzz/corpus/tiff/message_of_two_lines.tif";
  try {
    read_label_map(path);
    FAIL() << "its rows cannot be read";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_NE(message.find(path.string()), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace fcclip::image
