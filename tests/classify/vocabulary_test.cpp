// Parsing, merging and the seen classes: by rules, and against the recorded class tables.
#include "fcclip/classify/vocabulary.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::classify {
namespace {

using test::message_of;
using Names = std::vector<std::string>;

TEST(SplitSynonyms, AtCommasDroppingOneSpace) {
  EXPECT_EQ(split_synonyms("person, child,girl"), (Names{"person", "child", "girl"}));
  EXPECT_EQ(split_synonyms("cat"), (Names{"cat"}));
  EXPECT_EQ(split_synonyms(" a,  b ,c"), (Names{" a", " b ", "c"}));
  EXPECT_EQ(split_synonyms("a,a"), (Names{"a", "a"}));
  EXPECT_EQ(split_synonyms(""), (Names{""}));
}

TEST(ParseClasses, ClassesAtCommasSynonymsAtBars) {
  const Vocabulary got = parse_classes(" cat, dog | puppy ,, grass,\n");
  ASSERT_EQ(got.classes.size(), 3u);
  EXPECT_EQ(got.classes[0].synonyms, (Names{"cat"}));
  EXPECT_EQ(got.classes[1].synonyms, (Names{"dog", "puppy"}));
  EXPECT_EQ(got.classes[2].id, 3);
  EXPECT_TRUE(got.classes[2].is_thing);
}

TEST(ParseClasses, NothingIsAUsageError) {
  for (const char* text : {"", " ", ",,", " | , |", "\xff"}) {
    message_of(ErrorCode::invalid_argument, [&] { parse_classes(text); });
  }
}

TEST(ParseClasses, AMessageIsOneLineWhateverItQuotes) {
  for (const char* text : {"\n", "\r\n|\v, \n", "\x7f\xff"}) {
    message_of(ErrorCode::invalid_argument, [&] { parse_classes(text); });
  }
  const std::string section =
      message_of(ErrorCode::bad_format, [&] { parse_vocabulary_text("[a\rb]"); });
  EXPECT_NE(section.find("[a?b]"), std::string::npos) << section;
  Vocabulary words = parse_classes("a\nb, a\nb, c | d\re, f | d\re | d\re");
  for (const std::string& note : unite_repeated_words(words)) {
    EXPECT_EQ(note.find_first_of("\n\r"), std::string::npos) << note;
  }
}

TEST(ParseJson, ANumberBeyondDoublesIsOurError) {
  const std::string message = message_of(ErrorCode::bad_format, [] {
    parse_vocabulary_json("[{\"id\": 1e99999, \"name\": \"cat\"}]");
  });
  EXPECT_NE(message.find("too large"), std::string::npos) << message;
}

TEST(ParseText, SectionsCommentsAndWindowsLines) {
  const Vocabulary got = parse_vocabulary_text(
      "\xEF\xBB\xBF# my words\r\nmug | cup\r\n\r\n[stuff]\r\ngrass # green\r\n[things]\r\nC# "
      "book\r\n");
  ASSERT_EQ(got.classes.size(), 3u);
  EXPECT_EQ(got.classes[0].synonyms, (Names{"mug", "cup"}));
  EXPECT_TRUE(got.classes[0].is_thing);
  EXPECT_EQ(got.classes[1].synonyms, (Names{"grass"}));
  EXPECT_FALSE(got.classes[1].is_thing);
  EXPECT_EQ(got.classes[2].synonyms, (Names{"C# book"}));
  EXPECT_TRUE(got.classes[2].is_thing);
}

TEST(ParseText, ErrorsNameTheLine) {
  const auto error = [](std::string_view text) {
    return message_of(ErrorCode::bad_format, [&] { parse_vocabulary_text(text); });
  };
  EXPECT_NE(error("cat\n[animals]\n").find("line 2"), std::string::npos);
  EXPECT_NE(error("cat\ndog\n | |\n").find("line 3"), std::string::npos);
  EXPECT_NE(error("cat\nd\xc3g\n").find("line 2"), std::string::npos);
  EXPECT_NE(error("# nothing\n\n").find("no classes"), std::string::npos);
  EXPECT_NE(error("").find("no classes"), std::string::npos);
}

TEST(ParseText, ManyLongAndOddNames) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "class " + std::to_string(i % 2900) + "\n";
  std::string longest;
  for (int i = 0; i < 500; ++i) longest += (i > 0 ? " word" : "word");
  text += longest + "\n🐈 | 👩‍👩‍👧\n";
  const Vocabulary got = parse_vocabulary_text(text);
  ASSERT_EQ(got.classes.size(), 3002u);  // names that occur twice stay two classes
  EXPECT_EQ(got.classes[3000].synonyms.front(), longest);
  EXPECT_EQ(got.classes[3001].synonyms, (Names{"🐈", "👩‍👩‍👧"}));
}

TEST(ParseJson, CocoCategories) {
  const Vocabulary got = parse_vocabulary_json(
      R"([{"id": 7, "name": "mug,cup", "isthing": 1, "color": [1, 2, 255]},
          {"id": 3, "name": "sky, clouds", "isthing": 0}, {"name": "tree", "isthing": false}])");
  ASSERT_EQ(got.classes.size(), 3u);
  EXPECT_EQ(got.classes[0].id, 7);
  EXPECT_EQ(got.classes[0].synonyms, (Names{"mug", "cup"}));
  EXPECT_EQ(got.classes[0].colour_rgb, (std::array<uint8_t, 3>{1, 2, 255}));
  EXPECT_EQ(got.classes[1].synonyms, (Names{"sky", "clouds"}));
  EXPECT_FALSE(got.classes[1].is_thing);
  EXPECT_FALSE(got.classes[1].colour_rgb.has_value());
  EXPECT_FALSE(got.classes[2].is_thing);
  EXPECT_EQ(got.classes[2].id, 8);  // its position, 3, is taken
}

TEST(ParseJson, OtherForms) {
  EXPECT_EQ(parse_vocabulary_json(R"({"name": "n", "categories": [{"id": 4, "name": "a"}]})").name,
            "n");
  EXPECT_EQ(parse_vocabulary_json("\xEF\xBB\xBF[\"a,b\", \"c\"]").classes[0].synonyms,
            (Names{"a", "b"}));
  const Vocabulary lists = parse_vocabulary_json(R"({"stuff_classes": ["a", "b"],
      "stuff_dataset_id_to_contiguous_id": {"11": 0, "5": 1}, "thing_dataset_id_to_contiguous_id": {"5": 1}})");
  EXPECT_EQ(lists.classes[0].id, 11);
  EXPECT_FALSE(lists.classes[0].is_thing);
  EXPECT_TRUE(lists.classes[1].is_thing);
}

TEST(ParseJson, ErrorsNameTheEntry) {
  const auto error = [](std::string_view text) {
    return message_of(ErrorCode::bad_format, [&] { parse_vocabulary_json(text); });
  };
  EXPECT_NE(error("[{\"name\": ").find("not JSON"), std::string::npos);
  EXPECT_NE(error("[\"a\xff\"]").find("not JSON"), std::string::npos);
  for (const char* text : {"[]", "{}", "3", "{\"categories\": []}", "{\"categories\": 5}"}) {
    EXPECT_NE(error(text).find("no classes"), std::string::npos) << text;
  }
  EXPECT_NE(error(R"([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}])").find("entry 2"),
            std::string::npos);
  for (const char* text :
       {R"([{"id": 1}])", R"([{"name": 4}])", R"([{"name": ""}])", R"([{"name": ", ,"}])", "[[1]]",
        "[null]", R"([{"name": "a", "id": "x"}])", R"([{"name": "a", "id": -1}])",
        R"([{"name": "a", "id": 18446744073709551615}])", R"([{"name": "a", "isthing": "yes"}])",
        R"([{"name": "a", "color": [1, 2]}])", R"([{"name": "a", "color": [1, 2, 256]}])"}) {
    EXPECT_NE(error(text).find("entry 1"), std::string::npos) << text;
  }
}

TEST(Merge, SecondBehindFirstSameFirstNameTogether) {
  Vocabulary a = parse_classes("cat | kitty, dog"),
             b = parse_classes("mouse, cat | pussy | kitty, cat");
  a.name = "a";
  b.name = "b";
  const Vocabulary got = merge(a, b);
  EXPECT_EQ(got.name, "a+b");
  ASSERT_EQ(got.classes.size(), 3u);
  EXPECT_EQ(got.classes[0].synonyms, (Names{"cat", "kitty", "pussy"}));
  EXPECT_EQ(got.classes[2].synonyms, (Names{"mouse"}));
  EXPECT_EQ(got.classes[2].id, 4);  // 1 is taken by a, up to 3 by b
}

TEST(UniteRepeatedWords, EveryWordHasOnePlace) {
  Vocabulary got =
      parse_classes("rock | stone, Rock| pebble , dog | puppy, cat | Puppy | kitty, puppy");
  got.classes[1].is_thing = false;
  const Names notes = unite_repeated_words(got);
  ASSERT_EQ(got.classes.size(), 4u);
  EXPECT_EQ(got.classes[0].synonyms, (Names{"rock", "stone", "pebble"}));
  EXPECT_TRUE(got.classes[0].is_thing);
  EXPECT_EQ(got.classes[1].synonyms, (Names{"dog"}));  // "puppy" is the name of a class
  EXPECT_EQ(got.classes[2].synonyms, (Names{"cat", "kitty"}));
  EXPECT_EQ(got.classes[3].synonyms, (Names{"puppy"}));
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_NE(notes[0].find("taken as a thing"), std::string::npos) << notes[0];
}

TEST(UniteRepeatedWords, AsClipSeesThem) {
  Vocabulary got = parse_classes("hot  dog, Hot dog | hot\tdog, caf\u00e9, cafe\u0301");
  EXPECT_EQ(unite_repeated_words(got).size(), 3u);
  EXPECT_EQ(got.classes.size(), 2u);
  EXPECT_EQ(got.classes[0].synonyms, (Names{"hot  dog"}));
  EXPECT_TRUE(unite_repeated_words(got).empty());
}

TEST(SeenClasses, AnySynonymExactly) {
  const Vocabulary training = parse_classes("person | child, traffic light");
  const Vocabulary asked = parse_classes("girl | child, Person, traffic, traffic light");
  EXPECT_EQ(seen_classes(asked, training), (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(seen_classes(asked, {}), std::vector<bool>(4, false));
}

TEST(Merge, TakesRowsWhereItHasNone) {
  const auto rows = std::make_shared<ClassRows>(ClassRows{{1}, {2}, "m"});
  Vocabulary words = parse_classes("mug, dog"), shown = parse_classes("dog, cat");
  shown.classes[0].rows = shown.classes[1].rows = rows;
  const Vocabulary got = merge(words, shown);
  ASSERT_EQ(got.classes.size(), 3u);
  EXPECT_FALSE(got.classes[0].rows);
  EXPECT_EQ(got.classes[1].rows, rows);
  EXPECT_EQ(got.classes[2].rows, rows);
  Vocabulary twice = parse_classes("Dog, dog");
  twice.classes[1].rows = rows;
  unite_repeated_words(twice);
  ASSERT_EQ(twice.classes.size(), 1u);
  EXPECT_EQ(twice.classes[0].rows, rows);
}

TEST(RowsKey, DiffersWhenRowsDo) {
  const auto key = [](const ClassRows& rows) {
    return rows_key(std::make_shared<ClassRows>(rows));
  };
  EXPECT_EQ(rows_key(nullptr), "");
  EXPECT_EQ(key({{1}, {2}, "m"}), key({{1}, {2}, "m"}));
  EXPECT_NE(key({{1}, {2}, "m"}), key({{1}, {3}, "m"}));
  EXPECT_NE(key({{1}, {2}, "m"}), key({{3}, {2}, "m"}));
  EXPECT_NE(key({{1}, {2}, "m"}), key({{1}, {2}, "n"}));
}

TEST(Templates, FourteenInTheReferencesOrder) {
  EXPECT_EQ(default_templates().size(), 14u);
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json recorded = test::golden_json("tiny-convnext/vocab.json");
  EXPECT_EQ(default_templates(), recorded.at("templates").get<Names>());
}

}  // namespace
}  // namespace fcclip::classify
