// Cleaning: recorded outputs of the reference, and the rules one by one.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/clip/tokenizer.h"
#include "tests/support/goldens.h"

namespace fcclip::clip {
namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(CleanText, RecordedRandomTexts) {
  const std::filesystem::path file =
      std::filesystem::path(__FILE__).parent_path().parent_path() / "data" / "clean_text.json";
  std::ifstream stream(file);
  const nlohmann::json recorded = nlohmann::json::parse(stream);
  ASSERT_GT(recorded.at("cases").size(), 250u);
  for (const nlohmann::json& entry : recorded.at("cases")) {
    const std::string text = from_hex(entry.at("text_hex"));
    EXPECT_EQ(clean_text(text), entry.at("cleaned").get<std::string>()) << "text: " << text;
  }
}

TEST(CleanText, RecordedTextsOfTheReference) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json recorded = test::golden_json("tokenizer.json");
  ASSERT_EQ(recorded.at("cases").size(), 283u);
  for (const nlohmann::json& entry : recorded.at("cases")) {
    EXPECT_EQ(clean_text(entry.at("text").get<std::string>()),
              entry.at("cleaned").get<std::string>());
  }
}

struct Rule {
  const char *name, *text, *want;
};

class CleanTextRule : public ::testing::TestWithParam<Rule> {};

TEST_P(CleanTextRule, Holds) {
  EXPECT_EQ(clean_text(GetParam().text), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, CleanTextRule,
    ::testing::Values(
        Rule{"Nothing", "", ""}, Rule{"OnlySpace", " \t\n\u00a0", ""},
        Rule{"SpaceIsCollapsed", "  A \t big\r\nCAT ", "a big cat"},
        Rule{"MojibakeOnce", "schÃ¶n", "schön"}, Rule{"MojibakeTwice", "ÃƒÂ©tÃƒÂ©", "été"},
        Rule{"MojibakeInParts", "plain é and cafÃ©, naïve â€” so", "plain é and café, naïve — so"},
        Rule{"RealTextStays", "naïve Ångström, señor À é ñ", "naïve ångström, señor à é ñ"},
        Rule{"LostSpace", "voilÃ le travail", "voilà le travail"},
        Rule{"EntitiesTwice", "&amp;lt;b&amp;gt;", "<b>"},
        Rule{"EntityWithoutSemicolon", "&notit;", "¬it;"},
        Rule{"CapitalEntity", "P&EACUTE;REZ", "pérez"},
        Rule{"UnknownEntityStays", "AT&T &nosuch;", "at&t &nosuch;"},
        Rule{"TerminalColours", "\x1b[1;31mred\x1b[0m", "red"},
        Rule{"Ligatures", "oﬃce ﬁn", "office fin"}, Rule{"FullWidth", "ＡＢ　ｶﾞ", "ab ガ"},
        Rule{"Quotes", "“it’s”", "\"it's\""}, Rule{"ControlsGo", "a\x01\x7f\ufeffz", "az"},
        Rule{"ComposedForm", "e\u0301 \u1112\u1161\u11ab", "é 한"},
        Rule{"FinalSigma", "ΟΔΟΣ ΣΑ", "οδος σα"}, Rule{"DottedCapitalI", "İ", "i\u0307"},
        Rule{"SurrogatePair", "\xed\xa0\xbd\xed\xb0\x88", "🐈"},
        Rule{"LoneSurrogate", "a\xed\xa0\xbdz", "a\ufffdz"},
        Rule{"InvalidBytes", "a\xff\xe2\x82z\xc3", "a\ufffd\ufffdz\ufffd"}),
    [](const auto& info) { return info.param.name; });

TEST(CleanText, EntitiesStayFromTheFirstLineWithATagOn) {
  // The last two steps unescape whatever is left, so the difference shows in what the first step
  // would repair.
  EXPECT_EQ(clean_text("&EACUTE;\n<b> &EACUTE;"), "é <b> &eacute;");
  EXPECT_EQ(clean_text("<b>\n&EACUTE;"), "<b> &eacute;");
}

TEST(CleanText, IsStableOnItsOwnResultForPlainWords) {
  const std::string once = clean_text("A Photo of a  “CAFÉ”");
  EXPECT_EQ(clean_text(once), once);
}

TEST(CleanText, EndsOnEveryByteSequence) {
  uint64_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 24; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text.push_back(static_cast<char>(state >> 56));
    }
    const std::string cleaned = clean_text(text);
    EXPECT_EQ(cleaned.find('\n'), std::string::npos);
    EXPECT_EQ(cleaned.find('\0'), std::string::npos);
  }
}

}  // namespace
}  // namespace fcclip::clip
