#include "fcclip/core/listed.h"

#include <vector>

#include <gtest/gtest.h>

namespace fcclip {
namespace {

struct Dish {
  std::string name;
};

TEST(Listed, CommasBetweenPartsOnly) {
  EXPECT_EQ(listed(std::vector<std::string>{}), "");
  EXPECT_EQ(listed(std::vector<std::string>{"soup"}), "soup");
  EXPECT_EQ(listed(std::vector<std::string>{"soup", "rice", "tea"}), "soup, rice, tea");
}

TEST(Listed, ShowsAMemberOrWhatAFunctionGives) {
  const std::vector<Dish> dishes = {{"soup"}, {"tea"}};
  EXPECT_EQ(listed(dishes, &Dish::name), "soup, tea");
  EXPECT_EQ(listed(
                std::vector<int>{1, 2}, [](int value) { return std::to_string(value); }, " "),
            "1 2");
}

TEST(Listed, GrowsByOne) {
  std::string list;
  add_to_list(list, "soup");
  add_to_list(list, "tea");
  EXPECT_EQ(list, "soup, tea");
}

}  // namespace
}  // namespace fcclip
