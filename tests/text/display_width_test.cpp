#include "fcclip/text/display_width.h"

#include <gtest/gtest.h>

namespace fcclip::text {
namespace {

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width("bat"), 3);
  EXPECT_EQ(display_width("椅子"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("🦇"), 2);
  EXPECT_EQ(display_width("\u1100\u1161"), 2);  // a syllable in parts
  EXPECT_EQ(display_width("a\u200bb\u00ad"), 3);
  EXPECT_EQ(display_width("\xff"), 1);
  EXPECT_EQ(display_width(""), 0);
}

TEST(ShortenedTo, CutsBetweenCharacters) {
  EXPECT_EQ(shortened_to("椅子の上", 8), "椅子の上");
  EXPECT_EQ(shortened_to("椅子の上", 7), "椅子の…");
  EXPECT_EQ(shortened_to("椅子の上", 6), "椅子…");
}

TEST(ShortenedTo, GivesTheTerminalNothingToDo) {
  EXPECT_EQ(shortened_to("a\x1b[31m\r\n", 20), "a?[31m??");
  EXPECT_EQ(shortened_to("\xed\xa0\x80", 20), "\xef\xbf\xbd");  // half of a surrogate pair
}

}  // namespace
}  // namespace fcclip::text
