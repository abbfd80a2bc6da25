#include "fcclip/text/text_encoding.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::text {
namespace {

// "aä€😀" in both byte orders.
const std::string kUtf8 = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
const std::string kLittle("a\0\xE4\0\xAC\x20\x3D\xD8\x00\xDE", 10);
const std::string kBig("\0a\0\xE4\x20\xAC\xD8\x3D\xDE\x00", 10);

TEST(TextEncoding, MarksSayWhatItIs) {
  EXPECT_EQ(to_utf8(kUtf8, "x"), kUtf8);
  EXPECT_EQ(to_utf8("\xEF\xBB\xBF" + kUtf8, "x"), kUtf8);
  EXPECT_EQ(to_utf8("\xFF\xFE" + kLittle, "x"), kUtf8);
  EXPECT_EQ(to_utf8("\xFE\xFF" + kBig, "x"), kUtf8);
  EXPECT_EQ(to_utf8("", "x"), "");
}

TEST(TextEncoding, AsciiInUtf16IsKnownWithoutAMark) {
  EXPECT_EQ(to_utf8(std::string("l\0i\0o\0n\0", 8), "x"), "lion");
  EXPECT_EQ(to_utf8(std::string("\0l\0i\0o\0n", 8), "x"), "lion");
  EXPECT_EQ(to_utf8("caf\xE9, in Latin-1", "x"), "caf\xE9, in Latin-1");
}

TEST(TextEncoding, WhatIsNoTextIsNamed) {
  for (const std::string& wrong :
       {std::string("\xFF\xFEl\0i", 5), std::string("\xFF\xFE\x3D\xD8l\0", 6),
        std::string("\xFF\xFE\x00\xDE", 4), std::string("\xFF\xFE\0\0l\0\0\0", 8)}) {
    try {
      to_utf8(wrong, "list.txt");
      ADD_FAILURE() << "read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_format);
      EXPECT_EQ(std::string(error.what()).find("list.txt: "), 0u) << error.what();
    }
  }
}

}  // namespace
}  // namespace fcclip::text
