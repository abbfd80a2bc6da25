#include "fcclip/words/none_known.h"

#include <gtest/gtest.h>

namespace fcclip::words {
namespace {

using Names = std::vector<std::string>;

std::vector<classify::Vocabulary> asked(const char* classes) {
  return {classify::parse_classes("zzzz"), classify::parse_classes(classes)};
}

TEST(NoneKnown, NothingIsSaidWhereOneWordIsKnownAsClipSeesIt) {
  EXPECT_FALSE(none_known(asked("qqqq, Traffic  Light"), {"bat", "traffic light"}));
  EXPECT_FALSE(none_known({}, {"bat"}));
}

TEST(NoneKnown, AllWordsThatWereAskedAndWhatTheyMayMean) {
  const auto none = none_known(asked("batt | bta, rocket"), {"bat", "rocks", "house"});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->asked, (Names{"zzzz", "batt", "bta", "rocket"}));
  EXPECT_EQ(none->near, (Names{"bat", "rocks"}));
}

}  // namespace
}  // namespace fcclip::words
