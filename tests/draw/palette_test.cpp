#include "fcclip/draw/palette.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace fcclip::draw {
namespace {

double difference(const Colour& a, const Colour& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

TEST(Palette, ColoursAreFarApart) {
  const std::vector<Colour>& palette = spread_palette();
  ASSERT_EQ(palette.size(), 64u);
  for (size_t i = 0; i < palette.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      EXPECT_GT(difference(palette[i], palette[j]), i < 16 ? 55 : 20) << i << " " << j;
    }
  }
}

TEST(Palette, ANameKeepsItsColourInAnyCompany) {
  const Colour alone = class_colours({"cat"})[0];
  EXPECT_EQ(class_colours({"cat", "dog", "sky"})[0], alone);
  const std::vector<Colour> twice = class_colours({"cat", "tree", "cat"});
  EXPECT_EQ(twice[0], twice[2]);
  EXPECT_NE(twice[0], twice[1]);
}

TEST(Palette, SixtyFourNamesHaveSixtyFourColours) {
  std::vector<std::string> names;
  for (int i = 0; i < 64; ++i) names.push_back("class " + std::to_string(i));
  const std::vector<Colour> colours = class_colours(names);
  EXPECT_EQ(std::set<Colour>(colours.begin(), colours.end()).size(), 64u);
  names.resize(500, "more");
  for (size_t i = 64; i < names.size(); ++i) names[i] += std::to_string(i);
  EXPECT_EQ(class_colours(names).size(), 500u);
}

TEST(Palette, VariationsDifferButStayNear) {
  const Colour base = spread_palette()[3];
  EXPECT_EQ(variation(base, 0), base);
  for (int n = 1; n < 5; ++n) {
    EXPECT_NE(variation(base, n), base);
    EXPECT_LT(difference(variation(base, n), base), 130);
  }
}

TEST(Palette, ManyNamesStillDiffer) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("class " + std::to_string(i));
  const std::vector<Colour> colours = class_colours(names);
  EXPECT_GT(std::set<Colour>(colours.begin(), colours.end()).size(), 250u);
}

}  // namespace
}  // namespace fcclip::draw
