#include "fcclip/engine/settings.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"

namespace fcclip::engine {
namespace {

struct Values {
  bool flag = false;
  int64_t count = 3;
  double rate = 1e-4;
  std::string name = "a \"b\"";
  std::vector<int64_t> sizes = {1, 2};
  std::vector<double> shares = {0.5};
  Settings settings;
  Values() {
    settings.bind("one.flag", &flag, "a switch");
    settings.bind("one.count", &count, "a number");
    settings.bind("two.rate", &rate, "a rate");
    settings.bind("two.name", &name, "a name");
    settings.bind("two.sizes", &sizes, "sizes");
    settings.bind("two.shares", &shares, "shares");
  }
};

TEST(Settings, ReadsSectionsAndLeavesTheRest) {
  Values values;
  values.settings.read_text("[one]\nflag = true\n[two]\nrate = 2\nsizes = [4, 5, 6]\n", "x.toml");
  EXPECT_TRUE(values.flag);
  EXPECT_EQ(values.count, 3);
  EXPECT_EQ(values.rate, 2.0);
  EXPECT_EQ(values.sizes, (std::vector<int64_t>{4, 5, 6}));
}

TEST(Settings, MessagesStayOnOneLineWhateverTheyQuote) {
  Values values;
  EXPECT_ERROR(invalid_argument,
               "--set one.flag=true?one.count = 1: one.flag must be true or false",
               values.settings.set("one.flag=true\none.count = 1"));
  EXPECT_ERROR(invalid_argument, "no setting is called one.a?b", values.settings.set("one.a\nb=1"));
  EXPECT_ERROR(invalid_argument, "x.toml:1: no setting is called a?b",
               values.settings.read_text("\"a\\nb\" = 1\n", "x.toml"));
}

TEST(Settings, PrintedSettingsReadBackUnchanged) {
  Values values, other;
  values.rate = 0.1 + 0.2;
  values.name = "tab\t, \"quoted\"";
  other.settings.read_text(values.settings.to_toml(), "printed");
  EXPECT_EQ(other.rate, values.rate);
  EXPECT_EQ(other.name, values.name);
  EXPECT_EQ(other.settings.to_toml(), values.settings.to_toml());
}

TEST(Settings, OverridesTakeBareWordsAndTomlValues) {
  Values values;
  values.settings.set("two.name=some/path.bin");
  values.settings.set("one.count=12");
  values.settings.set("two.shares=[0.25, 1]");
  EXPECT_EQ(values.name, "some/path.bin");
  EXPECT_EQ(values.count, 12);
  EXPECT_EQ(values.shares, (std::vector<double>{0.25, 1}));
}

TEST(Settings, MistakesNameFileLineAndKey) {
  Values values;
  const auto read = [&](const char* text) {
    return test::message_of([&] { values.settings.read_text(text, "x.toml"); });
  };
  EXPECT_EQ(read("[one]\n\nflags = true"),
            "x.toml:3: no setting is called one.flags (did you mean one.flag?); --print-config "
            "lists them");
  EXPECT_EQ(read("[one]\ncount = 1.5"), "x.toml:2: one.count must be a whole number");
  EXPECT_EQ(read("[two]\nsizes = [1, \"a\"]"),
            "x.toml:2: two.sizes must be a list of whole numbers");
  EXPECT_EQ(read("[one\n").substr(0, 9), "x.toml:1:");
  EXPECT_NE(test::message_of([&] { values.settings.set("count"); }).find("section.key=value"),
            std::string::npos);
}

TEST(Settings, NumbersArePrintedShort) {
  Values values;
  for (const auto& [number, text] :
       {std::pair(0.4, "0.4"), std::pair(0.05, "0.05"), std::pair(2.0, "2.0"),
        std::pair(1e-8, "1e-08"), std::pair(-3.5, "-3.5"), std::pair(1e20, "1e+20")}) {
    values.rate = number;
    EXPECT_NE(values.settings.to_toml().find("rate = " + std::string(text) + "  #"),
              std::string::npos)
        << values.settings.to_toml();
  }
}

TEST(Settings, AWrongValueOnTheCommandLineIsAUsageError) {
  Values values;
  for (const char* wrong : {"one.count=abc", "one.count=", "one.count=1\ntwo.rate=3",
                            "one.flag=yes", "two.sizes=[1", "two.sizes=[1.5]"}) {
    try {
      values.settings.set(wrong);
      ADD_FAILURE() << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << wrong;
      EXPECT_NE(std::string(error.what()).find("must be"), std::string::npos) << error.what();
    }
  }
}

TEST(Settings, ChangesSinceAnotherRunAreListed) {
  Values values, other;
  const std::string before = other.settings.to_toml();
  EXPECT_TRUE(values.settings.changes_since(before, "x").empty());
  values.count = 4;
  values.shares = {0.25, 1};
  EXPECT_EQ(
      values.settings.changes_since(before, "x"),
      (std::vector<std::string>{"one.count = 4, was 3", "two.shares = [0.25, 1.0], was [0.5]"}));
  EXPECT_TRUE(values.settings.changes_since("unknown = 1\n[one]\ncount = \"x\"", "x").empty());
}

TEST(Settings, ARunsRecordIsPassedOverWhereItCannotBeRead) {
  const test::TemporaryFolder folder;
  Values values;
  EXPECT_TRUE(values.settings.changes_since_run(folder.path()).empty());
  std::ofstream(folder.path() / "config.toml") << values.settings.to_toml();
  values.count = 4;
  EXPECT_EQ(values.settings.changes_since_run(folder.path()),
            std::vector<std::string>{"one.count = 4, was 3"});
  std::ofstream(folder.path() / "config.toml") << "edited [";
  EXPECT_TRUE(values.settings.changes_since_run(folder.path()).empty());
}

/// Values with a list of tables.
struct Tabled : Values {
  struct Row {
    std::string name;
    int64_t weight = 1;
  };
  std::vector<Row> rows;
  Tabled() {
    settings.bind_tables(
        "two.rows",
        std::make_shared<TablesOf<Row>>(&rows,
                                        [](Settings& s, const std::string& prefix, Row& row) {
                                          s.bind(prefix + "name", &row.name, "its name");
                                          s.bind(prefix + "weight", &row.weight, "its weight");
                                        }),
        "none");
    settings.bind("three.last", &count, "behind the tables");
  }
};

TEST(SettingTables, AreReadPrintedAndReadBack) {
  Tabled values, other;
  EXPECT_NE(values.settings.to_toml().find("# [[two.rows]]: none\n"), std::string::npos);
  values.settings.read_text(
      "[two]\nrate = 2\n[[two.rows]]\nname = \"a\"\n[[two.rows]]\nweight = 5\n", "x.toml");
  ASSERT_EQ(values.rows.size(), 2u);
  EXPECT_EQ(values.rows[0].name, "a");
  EXPECT_EQ(values.rows[0].weight, 1);
  EXPECT_EQ(values.rows[1].weight, 5);
  other.settings.read_text(values.settings.to_toml(), "printed");
  EXPECT_EQ(other.settings.to_toml(), values.settings.to_toml());
  EXPECT_EQ(other.rows[1].weight, 5);
  EXPECT_TRUE(other.settings.changes_since(values.settings.to_toml(), "printed").empty());
  other.rows[1].weight = 6;
  const auto changes = other.settings.changes_since(values.settings.to_toml(), "printed");
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NE(changes[0].find("weight = 6}], was"), std::string::npos) << changes[0];
}

TEST(SettingTables, AFileReplacesTheListAndAnAssignmentOneValue) {
  Tabled values;
  values.settings.set("two.rows=[{name = \"a\"}, {name = \"b\", weight = 2}]");
  ASSERT_EQ(values.rows.size(), 2u);
  values.settings.set("two.rows.0.weight=7");
  values.settings.set("two.rows.2.name=c");
  ASSERT_EQ(values.rows.size(), 3u);
  EXPECT_EQ(values.rows[0].weight, 7);
  EXPECT_EQ(values.rows[2].name, "c");
  values.settings.read_text("[[two.rows]]\nname = \"d\"\n", "x.toml");
  ASSERT_EQ(values.rows.size(), 1u);
  EXPECT_EQ(values.rows[0].weight, 1);
}

TEST(SettingTables, MistakesNameTableAndKey) {
  Tabled values;
  EXPECT_ERROR(invalid_argument, "x.toml:1: two.rows must be a list of tables",
               values.settings.read_text("two.rows = 3\n", "x.toml"));
  EXPECT_ERROR(invalid_argument,
               "x.toml:2: no setting is called two.rows.0.wight (did you mean two.rows.0.weight?)",
               values.settings.read_text("[[two.rows]]\nwight = 2\n", "x.toml"));
  EXPECT_ERROR(invalid_argument, "two.rows.0.weight must be a whole number",
               values.settings.set("two.rows=[{weight = \"x\"}]"));
  EXPECT_ERROR(invalid_argument, "N from 0 to 1", values.settings.set("two.rows.5.name=x"));
  EXPECT_ERROR(invalid_argument, "two.rows must be a list of tables",
               values.settings.set("two.rows=["));
}

}  // namespace
}  // namespace fcclip::engine
