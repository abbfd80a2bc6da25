#include <gtest/gtest.h>

#include "fcclip/fcclip.h"

namespace {

TEST(Words, MarksNameTheirClasses) {
  const fcclip::Words words =
      fcclip::parse_words("cat, grass | lawn", {.stuff = "lawn", .background = "wall, floor"});
  ASSERT_EQ(words.classes.size(), 4);
  EXPECT_EQ(words.classes[0].kind, fcclip::WordKind::thing);
  EXPECT_EQ(words.classes[1].kind, fcclip::WordKind::stuff);
  EXPECT_EQ(words.classes[2].kind, fcclip::WordKind::background);
  EXPECT_EQ(words.classes[3].synonyms, std::vector<std::string>{"floor"});
}

TEST(Words, RepeatedOnesCountOnce) {
  const fcclip::Words words = fcclip::parse_words("cat, Cat, dog | cat");
  ASSERT_EQ(words.classes.size(), 2);
  EXPECT_EQ(words.classes[1].synonyms, std::vector<std::string>{"dog"});
}

}  // namespace
