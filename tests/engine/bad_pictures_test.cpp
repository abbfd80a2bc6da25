#include "fcclip/engine/bad_pictures.h"

#include <gtest/gtest.h>

#include "fcclip/core/endless.h"
#include "tests/support/errors.h"

namespace fcclip::engine {
namespace {

std::vector<std::string> told;

LogCallback teller() {
  told.clear();
  return [](LogLevel, const std::string& line) { told.push_back(line); };
}

// Pictures below `good` cannot be read.
int64_t read_from(int64_t index, int64_t good) {
  if (index < good) fail(ErrorCode::bad_format, index, ".png: no picture\nand more");
  return index;
}

TEST(BadPictures, TheNextUsableOneIsTaken) {
  std::vector<BadPicture> bad;
  const auto get = [](int64_t index) { return read_from(index, 3); };
  EXPECT_EQ(first_usable(4, 6, 5, bad, get), 4);
  EXPECT_TRUE(bad.empty());
  EXPECT_EQ(first_usable(1, 6, 5, bad, get), 3);
  ASSERT_EQ(bad.size(), 2u);
  EXPECT_EQ(bad[1].index, 2);
  EXPECT_EQ(bad[1].reason, "2.png: no picture");
  bad.clear();
  EXPECT_FALSE(first_usable(0, 6, 1, bad, get));
  EXPECT_EQ(bad.size(), 2u);
  bad.clear();
  EXPECT_FALSE(first_usable(2, 3, 9, bad, get));
  EXPECT_EQ(bad.size(), 3u);
}

TEST(BadPictures, OtherErrorsAreNotThePictures) {
  std::vector<BadPicture> bad;
  const auto get = [](int64_t) -> int64_t { fail(ErrorCode::out_of_memory, "too large"); };
  EXPECT_ERROR(out_of_memory, "too large", first_usable(0, 5, 5, bad, get));
}

TEST(BadPictures, ASmallSetMayHaveThreeAndALargeOneItsShare) {
  EXPECT_EQ(most_bad_pictures(6, 0.05), 3);
  EXPECT_EQ(most_bad_pictures(1000, 0.05), 50);
  EXPECT_EQ(most_bad_pictures(1000, 0), 0);
  EXPECT_EQ(most_bad_pictures(kEndless, 0.05), 3);
}

TEST(BadPictures, EachIsToldOnceAndTooManyEndTheRun) {
  BadPictures bad(10, 0.05, "data.bad_share", teller());
  const Processes alone;
  bad.share({{3, "3.png: cut off"}}, alone);
  bad.share({{3, "3.png: cut off"}, {4, "4.png: cut off"}}, alone);
  EXPECT_EQ(told, (std::vector<std::string>{"picture left out: 3.png: cut off",
                                            "picture left out: 4.png: cut off"}));
  try {
    bad.share({{7, "7.png: cut off"}, {8, "8.png: cut off"}}, alone);
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), std::string("4 of 10 pictures cannot be used, more than data.bad_share "
                                        "allows; one of them: 3.png: cut off"));
  }
}

TEST(BadPictures, ThousandsDoNotFillTheScreen) {
  BadPictures bad(100000, 0.05, "data.bad_share", teller());
  for (int64_t i = 0; i < 1000; ++i) bad.tell({i, "cut off"});
  EXPECT_EQ(told.size(), 20u);
}

}  // namespace
}  // namespace fcclip::engine
