#include "fcclip/classify/vocabulary_text.h"

#include <gtest/gtest.h>

namespace fcclip::classify {
namespace {

TEST(VocabularyText, HasALineAClassAndTellsWhatWasSeen) {
  const Vocabulary words{"mine", {{1, {"cat", "kitten"}, true}, {20, {"sky"}, false}}};
  EXPECT_EQ(vocabulary_text(words, {}), "     1  thing  cat | kitten\n    20  stuff  sky\n");
  EXPECT_EQ(vocabulary_text(words, {true, false}),
            "     1  thing  seen    cat | kitten\n    20  stuff  unseen  sky\n");
}

TEST(VocabularyText, AsJsonIsReadBack) {
  Vocabulary words{"mine", {{1, {"cat", "kitten"}, true}, {20, {"sky"}, false}}};
  words.classes[1].colour_rgb = {1, 2, 3};
  const Vocabulary back = parse_vocabulary_json(vocabulary_json(words, {true, false}));
  ASSERT_EQ(back.classes.size(), 2u);
  EXPECT_EQ(back.name, "mine");
  EXPECT_EQ(back.classes[0].synonyms, words.classes[0].synonyms);
  EXPECT_EQ(back.classes[1].id, 20);
  EXPECT_FALSE(back.classes[1].is_thing);
  EXPECT_EQ(back.classes[1].colour_rgb, words.classes[1].colour_rgb);
}

}  // namespace
}  // namespace fcclip::classify
