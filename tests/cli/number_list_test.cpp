#include "fcclip/cli/number_list.h"

#include <gtest/gtest.h>

namespace fcclip::cli {
namespace number_list_test {

using Numbers = std::vector<double>;

TEST(NumberLists, HaveBothEndsAndNumbersAsTyped) {
  EXPECT_EQ(listed_numbers("0.2:0.6:0.1"), (Numbers{0.2, 0.3, 0.4, 0.5, 0.6}));
  EXPECT_EQ(listed_numbers("0:1:0.25,0.3"), (Numbers{0, 0.25, 0.5, 0.75, 1, 0.3}));
  EXPECT_EQ(listed_numbers("0.7"), Numbers{0.7});
  EXPECT_EQ(listed_numbers("0.5:0.5:0.1"), Numbers{0.5});
}

TEST(NumberLists, AreRefusedWithWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "expected a number"},
      {"0.2,", "expected a number"},
      {"0.2:0.4", "START:END:STEP"},
      {"0.2:0.4:0.1:1", "START:END:STEP"},
      {"a", "expected a number"},
      {"nan", "expected a number"},
      {"0x1", "expected a number"},
      {"0.2:0.4:0", "the step must be above 0"},
      {"0.4:0.2:0.1", "the end is below the start"},
      {"0.2:0.6:0.15", "no whole number of steps"},
      {"0:1:0.0000001", "more than 1000 steps"},
      {"0.5,1.5", "expected numbers from 0 to 1"},
      {"-0.1", "expected numbers from 0 to 1"},
      {"0.2,0.1:0.3:0.1", "a number is there twice"}};
  for (const auto& [text, says] : wrong) {
    std::string value = text;
    const std::string message = number_list(0, 1)(value);
    EXPECT_NE(message.find(says), std::string::npos) << text << ": " << message;
    EXPECT_TRUE(message.starts_with(text));
  }
  std::string good = "0,0.2:0.4:0.1";
  EXPECT_EQ(number_list(0, 1)(good), "");
}

}  // namespace number_list_test
}  // namespace fcclip::cli
