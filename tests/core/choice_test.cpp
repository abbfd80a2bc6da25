#include "fcclip/core/choice.h"

#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace fcclip {
namespace {

enum class Meal { soup, salad };
const Choices<Meal> kMeals = {{"soup", Meal::soup}, {"salad", Meal::salad}};

TEST(Choice, IsFoundByItsName) {
  EXPECT_EQ(choose("salad", "menu.meal", kMeals), Meal::salad);
  EXPECT_EQ(names_of(kMeals), (std::vector<std::string>{"soup", "salad"}));
}

TEST(Choice, AnotherNameIsRefusedWithThoseThereAre) {
  EXPECT_ERROR(invalid_argument,
               "menu.meal is \"salat\"; expected soup or salad (did you mean salad?)",
               choose("salat", "menu.meal", kMeals));
  EXPECT_ERROR(invalid_argument, "menu.meal is \"\"; expected soup or salad",
               choose("", "menu.meal", kMeals));
}

}  // namespace
}  // namespace fcclip
