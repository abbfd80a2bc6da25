#include "fcclip/draw/vocabulary_colours.h"

#include <set>

#include <gtest/gtest.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "tests/support/errors.h"

namespace fcclip::draw {
namespace {

TEST(VocabularyColours, AWordHasItsColourInTheDataSet) {
  const classify::Vocabulary words = classify::parse_classes("Car, road, unicorn, lorry | truck");
  const std::vector<Colour> streets = palette_colours(words, "cityscapes");
  EXPECT_EQ(streets[0], (Colour{0, 0, 142}));
  EXPECT_EQ(streets[1], (Colour{128, 64, 128}));
  EXPECT_EQ(streets[2], palette_colours(words, "spread")[2]);  // it is no class of the data set
  EXPECT_EQ(streets[3], (Colour{0, 0, 70}));                   // by its second word
  EXPECT_NE(palette_colours(words, "ade20k")[0], streets[0]);
}

TEST(VocabularyColours, AFirstNameGoesBeforeASynonym) {
  // "cup" is a class of COCO, and a synonym of others in other tables; "girl" only a synonym.
  const classify::Vocabulary words = classify::parse_classes("girl, person");
  const std::vector<Colour> colours = palette_colours(words, "coco");
  EXPECT_EQ(colours[0], (Colour{220, 20, 60}));
  EXPECT_NE(colours[1], colours[0]);  // the same class of COCO: a variation
}

TEST(VocabularyColours, ATableInItsOwnPaletteIsAsPublished) {
  for (const std::string name : {"cityscapes", "coco", "ade20k", "mapillary", "voc21"}) {
    const classify::Vocabulary table = classify::builtin_vocabulary(name);
    EXPECT_EQ(palette_colours(table, name), vocabulary_colours(table)) << name;
  }
  EXPECT_NE(palette_colours(classify::builtin_vocabulary("coco"), "spread"),
            vocabulary_colours(classify::builtin_vocabulary("coco")));
}

TEST(VocabularyColours, PalettesAreTheTablesThatHaveColours) {
  std::set<std::string> coloured;
  for (const classify::BuiltinVocabulary& one : classify::builtin_vocabularies()) {
    if (!one.things_of.empty()) continue;
    const classify::Vocabulary table = classify::builtin_vocabulary(one.name);
    if (table.classes.front().colour_rgb) coloured.insert(one.name);
  }
  std::set<std::string> named;
  for (const std::string& name : palette_names()) {
    if (name != "spread") named.insert(classify::builtin_vocabulary(name).name);
  }
  EXPECT_EQ(named, coloured);
  EXPECT_ERROR(invalid_argument, "did you mean cityscapes?",
               check_palette("cityscape", "--palette"));
  EXPECT_ERROR(invalid_argument, "--palette 'lvis'", check_palette("lvis", "--palette"));
  EXPECT_ERROR(invalid_argument, "expected one of spread, ade20k", check_palette("", "--palette"));
}

}  // namespace
}  // namespace fcclip::draw
