#include "fcclip/classify/markings.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::classify {
namespace markings_test {

using Texts = std::vector<std::string>;

// What the log is told.
struct Told {
  Texts lines;
  LogCallback log() {
    return [this](LogLevel, const std::string& line) { lines.push_back(line); };
  }
};

TEST(Markings, MarkTheClassThatHasTheWord) {
  const Vocabulary words = parse_question("cat, grass | Lawn, sky",
                                          {.things = "sky", .stuff = "lawn", .background = "cat"});
  ASSERT_EQ(words.classes.size(), 3);
  EXPECT_TRUE(words.classes[0].is_background);
  EXPECT_FALSE(words.classes[0].is_thing);
  EXPECT_FALSE(words.classes[1].is_thing) << "by a synonym, as CLIP sees it";
  EXPECT_FALSE(words.classes[1].is_background);
  EXPECT_TRUE(words.classes[2].is_thing);
}

TEST(Markings, NamesOfNoClassAreAddedAndTold) {
  Told told;
  const Vocabulary words =
      parse_question("cat, grass", {.stuff = "gras", .background = "wall"}, told.log());
  ASSERT_EQ(words.classes.size(), 4);
  EXPECT_EQ(words.classes[2].synonyms, Texts{"gras"});
  EXPECT_EQ(words.classes[3].id, 4);
  EXPECT_TRUE(words.classes[3].is_background);
  EXPECT_EQ(told.lines, Texts{"stuff: \"gras\" is not among the words asked for and was added as a "
                              "class (did you mean grass?)"})
      << "background words are nothing odd";
}

TEST(Markings, AreToldOnceForSeveralQuestions) {
  Told told;
  std::vector<Vocabulary> questions = {parse_classes("cat"), parse_classes("dog")};
  apply_markings(questions, {.things = "mug, mug"}, told.log());
  EXPECT_EQ(questions[0].classes.size(), 2);
  EXPECT_EQ(questions[1].classes.size(), 2);
  ASSERT_EQ(told.lines.size(), 2);
  EXPECT_EQ(told.lines[0], "things: \"mug\" names several classes; counted once");
}

TEST(ReportOnly, MakesBackgroundOfTheRest) {
  std::vector<Vocabulary> questions = {parse_classes("cat | kitty, dog"), parse_classes("dog")};
  report_only(questions, "kitty, dog");
  EXPECT_FALSE(questions[0].classes[0].is_background);
  EXPECT_FALSE(questions[1].classes[0].is_background);
  report_only(questions, "dog");
  EXPECT_TRUE(questions[0].classes[0].is_background);
  try {
    report_only(questions, "horse");
    FAIL() << "a word that nobody asked for";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), "'horse' is none of the words asked for");
  }
}

TEST(AllWords, AreTheSynonymsOfAllClasses) {
  EXPECT_EQ(all_words(parse_classes("cat | kitty, dog")), (Texts{"cat", "kitty", "dog"}));
}

}  // namespace markings_test
}  // namespace fcclip::classify
