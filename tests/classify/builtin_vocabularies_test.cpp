// The built-in class tables against the recorded ones, and finding a vocabulary by name.
#include "fcclip/classify/builtin_vocabularies.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/classify/load_vocabulary.h"
#include "fcclip/core/error.h"
#include "tests/support/goldens.h"

namespace fcclip::classify {
namespace {

namespace fs = std::filesystem;

class BuiltinVocabularyTest : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, BuiltinVocabularyTest,
                         ::testing::ValuesIn(builtin_vocabulary_names()));

TEST_P(BuiltinVocabularyTest, EqualsTheRecordedTable) {
  FCCLIP_NEEDS_GOLDENS();
  const nlohmann::json recorded = test::golden_json("vocabularies/" + GetParam() + ".json");
  const Vocabulary got = builtin_vocabulary(GetParam());
  EXPECT_EQ(got.name, GetParam());
  std::vector<std::vector<std::string>> synonyms;
  for (const VocabularyClass& entry : got.classes) synonyms.push_back(entry.synonyms);
  EXPECT_EQ(synonyms, recorded.at("synonyms").get<decltype(synonyms)>());
  // The parser reads the recorded form to the same classes.
  const Vocabulary direct = parse_vocabulary_json(recorded.dump());
  ASSERT_EQ(direct.classes.size(), got.classes.size());
  for (size_t i = 0; i < got.classes.size(); ++i) {
    EXPECT_EQ(direct.classes[i].id, got.classes[i].id);
    EXPECT_EQ(direct.classes[i].synonyms, got.classes[i].synonyms);
  }
  const auto colours = recorded.find("stuff_colors");
  if (colours == recorded.end() || !colours->is_array()) return;
  for (size_t i = 0; i < got.classes.size(); ++i) {
    EXPECT_EQ(got.classes[i].colour_rgb.value(), (colours->at(i).get<std::array<uint8_t, 3>>()));
  }
}

TEST(BuiltinVocabulary, SeenClassesAsRecorded) {
  FCCLIP_NEEDS_GOLDENS();
  int tables = 0;
  for (const std::string& name : builtin_vocabulary_names()) {
    const nlohmann::json recorded = test::golden_json("vocabularies/" + name + ".json");
    const auto mask = recorded.find("category_overlapping_mask_vs_coco_train");
    if (mask == recorded.end()) continue;  // LVIS and COCO-Stuff are registered nowhere
    const std::vector<bool> seen =
        seen_classes(builtin_vocabulary(name), builtin_vocabulary("coco"));
    const auto want = mask->get<std::vector<int>>();
    EXPECT_EQ(seen, std::vector<bool>(want.begin(), want.end())) << name;
    ++tables;
  }
  EXPECT_EQ(tables, 9);
}

TEST(BuiltinVocabulary, ThingsAreThoseOfTheIdMap) {
  FCCLIP_NEEDS_GOLDENS();
  int tables = 0;
  for (const std::string& name : builtin_vocabulary_names()) {
    const nlohmann::json recorded = test::golden_json("vocabularies/" + name + ".json");
    const nlohmann::json map =
        recorded.value("thing_dataset_id_to_contiguous_id", nlohmann::json());
    if (map.empty()) continue;
    for (const VocabularyClass& entry : builtin_vocabulary(name).classes) {
      EXPECT_EQ(entry.is_thing, map.contains(std::to_string(entry.id)))
          << name << entry.synonyms.front();
    }
    ++tables;
  }
  EXPECT_EQ(tables, 4);  // COCO, ADE20K-150, Cityscapes, Mapillary
}

TEST(BuiltinVocabulary, NamesAliasesAndSizes) {
  const std::vector<std::pair<std::string, size_t>> sizes = {
      {"ade20k", 150},     {"ADE20K-847", 847}, {"cityscapes", 19}, {"coco", 133},
      {"coco-stuff", 171}, {"lvis", 1203},      {"mapillary", 65},  {"pc459", 459},
      {"pc59", 59},        {"voc20", 20},       {"voc21", 21}};
  for (const auto& [name, size] : sizes)
    EXPECT_EQ(builtin_vocabulary(name).classes.size(), size) << name;
  EXPECT_EQ(builtin_vocabulary_names().size(), sizes.size());
  const auto things = [](const Vocabulary& vocabulary) {
    return std::count_if(vocabulary.classes.begin(), vocabulary.classes.end(),
                         [](const VocabularyClass& entry) { return entry.is_thing; });
  };
  EXPECT_EQ(things(builtin_vocabulary("coco")), 80);
  EXPECT_EQ(things(builtin_vocabulary("cityscapes")), 8);
  EXPECT_EQ(things(builtin_vocabulary("mapillary")), 37);
  EXPECT_FALSE(is_builtin_vocabulary("imagenet"));
}

TEST(BuiltinVocabulary, UnknownNameListsTheKnownOnes) {
  try {
    builtin_vocabulary("imagenet");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_NE(std::string(error.what()).find("coco_panoptic_133"), std::string::npos);
  }
}

class LoadVocabulary : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("fcclip_vocabulary_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  fs::path folder_;
};

TEST_F(LoadVocabulary, FilesByTheirContent) {
  EXPECT_EQ(load_vocabulary(write("mine.txt", "[things]\nmug | cup\n")).name, "mine");
  EXPECT_EQ(load_vocabulary(write("mine.json", "[{\"id\": 5, \"name\": \"mug\"}]")).classes[0].id,
            5);
  EXPECT_EQ(load_vocabulary(write("names", " [\"mug,cup\"]")).classes[0].synonyms.size(), 2u);
  EXPECT_EQ(load_vocabulary(write("a+b.txt", "mug\n")).classes.size(), 1u);
}

TEST_F(LoadVocabulary, SeveralJoined) {
  const std::string mine = write("mine.txt", "mug\nperson | somebody\n");
  const Vocabulary got = load_vocabulary("coco+" + mine);
  EXPECT_EQ(got.name, "coco_panoptic_133+mine");
  EXPECT_EQ(got.classes.size(), 134u);
  EXPECT_EQ(got.classes[0].synonyms.back(), "somebody");
  EXPECT_EQ(load_vocabulary("voc20+cityscapes+" + mine).classes.front().synonyms.front(),
            "aeroplane");
}

TEST_F(LoadVocabulary, ErrorsNameTheFile) {
  for (const std::string& spec :
       {std::string("no such file"), std::string("coco+"), std::string("+coco"),
        std::string("coco+nothing"), std::string()}) {
    try {
      load_vocabulary(spec);
      FAIL() << spec;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << spec;
    }
  }
  try {
    load_vocabulary((folder_ / "gone.txt").string());
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
  try {
    load_vocabulary("ade20kk");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean ade20k?"), std::string::npos);
  }
  const std::string bad = write("bad.txt", "cat\n[animals]\n");
  try {
    load_vocabulary(bad);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find("bad.txt: vocabulary, line 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace fcclip::classify
