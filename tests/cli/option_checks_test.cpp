#include "fcclip/cli/option_checks.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fcclip/cli/arguments.h"

namespace fcclip::cli {
namespace {

struct TypedOptions {
  std::vector<std::string> pictures, words;
  std::vector<int64_t> size;
  int64_t count = 0;
  double share = 0;
  std::string folder;
};

// What a command with one option of each form makes of `arguments`; the message of an error goes to
// `folder`.
TypedOptions parse_typed(std::vector<std::string> arguments) {
  TypedOptions typed;
  CLI::App app("", "test");
  app.add_option("pictures", typed.pictures);
  app.add_option("-c", typed.words);
  app.add_option("--size", typed.size)->expected(1, 2);
  app.add_option("--count", typed.count)->check(whole_number(0));
  app.add_option("--share", typed.share)->check(number(0, 1));
  app.add_option("-o,--folder", typed.folder);
  settle_options(app);
  arguments = protect_arguments(arguments);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    typed.folder = error.what();
  }
  return typed;
}

using Texts = std::vector<std::string>;

TEST(OptionChecks, AnOptionTakesItsOwnValues) {
  EXPECT_EQ(parse_typed({"-c", "bat", "a.png"}).pictures, Texts{"a.png"});
  EXPECT_EQ(parse_typed({"a.png", "-c", "bat", "b.png", "-c", "rock", "c.png"}).words,
            (Texts{"bat", "rock"}));
  EXPECT_EQ(parse_typed({"--size", "3", "4", "5"}).size, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(parse_typed({"--size", "3", "4", "5"}).pictures, Texts{"5"});
}

TEST(OptionChecks, TextsStayAsTyped) {
  EXPECT_EQ(parse_typed({"[a,b]", "-c", "[c]"}).pictures, Texts{"[a,b]"});
  EXPECT_EQ(parse_typed({"[a,b]", "-c", "[c]"}).words, Texts{"[c]"});
  EXPECT_EQ(parse_typed({"a.png", "--", "-c", "--", "b.png"}).pictures,
            (Texts{"a.png", "-c", "--", "b.png"}));
}

TEST(OptionChecks, ShortOptionsTakeAnEqualsSign) {
  EXPECT_EQ(parse_typed({"-c=bat", "a.png"}).words, Texts{"bat"});
  EXPECT_EQ(parse_typed({"-c=bat", "a.png"}).pictures, Texts{"a.png"});
  EXPECT_EQ(parse_typed({"-cbat=2"}).words, Texts{"bat=2"});
  EXPECT_EQ(parse_typed({"--", "-c=bat"}).pictures, Texts{"-c=bat"});
}

TEST(OptionChecks, NumbersAreDecimal) {
  EXPECT_EQ(parse_typed({"--count", "010"}).count, 10);
  EXPECT_EQ(parse_typed({"--count", "+7"}).count, 7);
  EXPECT_EQ(parse_typed({"--count", "000"}).count, 0);
  EXPECT_EQ(parse_typed({"--share", "00.5"}).share, 0.5);
  EXPECT_EQ(parse_typed({"--share", "1e-3"}).share, 1e-3);
  for (const std::string text : {"0x10", "1.5", "abc", "1 ", "-", "9223372036854775808"}) {
    EXPECT_EQ(parse_typed({"--count", text}).folder,
              "--count: " + text + ": expected a whole number");
  }
  for (const std::string text : {"nan", "inf", "1e999", "1,5"}) {
    EXPECT_EQ(parse_typed({"--share", text}).folder, "--share: " + text + ": expected a number");
  }
}

TEST(OptionChecks, RangesInWords) {
  EXPECT_EQ(parse_typed({"--count", "-3"}).folder, "--count: -3: expected 0 or more");
  EXPECT_EQ(parse_typed({"--share", "2"}).folder, "--share: 2: expected 0 to 1");
  std::string large = "7";
  EXPECT_EQ(whole_number(10, 1000000)(large), "7: expected 10 to 1000000");
}

TEST(OptionChecks, ValuesThatWereForgotten) {
  EXPECT_EQ(parse_typed({"-o", "--count", "3"}).folder,
            "--folder: --count: a value is missing before this option");
  EXPECT_EQ(parse_typed({"--folder=", "a.png"}).folder, "--folder: \"\": the value is empty");
}

TEST(OptionChecks, ChoicesSayWhatWasMeant) {
  std::string text = "panotpic";
  EXPECT_EQ(one_of({"panoptic", "instance"})(text),
            "panotpic: expected one of panoptic, instance (did you mean panoptic?)");
}

}  // namespace
}  // namespace fcclip::cli
