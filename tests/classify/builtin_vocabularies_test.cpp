// The built-in class tables against the recorded ones, and finding a vocabulary by name.
#include "fcclip/classify/builtin_vocabularies.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "tests/support/goldens.h"

namespace fcclip::classify {
namespace {

class BuiltinVocabularyTest : public ::testing::TestWithParam<std::string> {};
/// Those of published data sets; the world is this project's own.
std::vector<std::string> published_names() {
  std::vector<std::string> names;
  for (const BuiltinVocabulary& one : builtin_vocabularies()) {
    if (one.things_of.empty() && one.name != "world_381") names.push_back(one.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, BuiltinVocabularyTest, ::testing::ValuesIn(published_names()));

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
  for (const std::string& name : published_names()) {
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
  for (const std::string& name : published_names()) {
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
  const std::vector<std::pair<std::string, size_t>> sizes = {{"ade20k", 150},
                                                             {"ADE20K-847", 847},
                                                             {"cityscapes", 19},
                                                             {"coco", 133},
                                                             {"coco-stuff", 171},
                                                             {"lvis", 1203},
                                                             {"mapillary", 65},
                                                             {"pc459", 459},
                                                             {"pc59", 59},
                                                             {"voc20", 20},
                                                             {"voc21", 21},
                                                             {"world", 381},
                                                             {"coco_instance", 80},
                                                             {"ade20k-instance", 100},
                                                             {"mapillary_instance", 37},
                                                             {"cityscapes_instance", 8}};
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

TEST(BuiltinVocabulary, InstanceSetsAreTheThingsUnderTheirEvaluationsIds) {
  for (const BuiltinVocabulary& one : builtin_vocabularies()) {
    if (one.things_of.empty()) continue;
    const Vocabulary things = builtin_vocabulary(one.name);
    EXPECT_EQ(things.name, one.name);
    size_t next = 0;
    for (const VocabularyClass& entry : builtin_vocabulary(one.things_of).classes) {
      if (!entry.is_thing) continue;
      ASSERT_LT(next, things.classes.size());
      EXPECT_EQ(things.classes[next].id, entry.id);
      EXPECT_EQ(things.classes[next].synonyms, entry.synonyms);
      EXPECT_EQ(things.classes[next++].colour_rgb, entry.colour_rgb);
    }
    EXPECT_EQ(next, things.classes.size()) << one.name;
  }
  std::vector<int64_t> ids;
  for (const VocabularyClass& entry : builtin_vocabulary("cityscapes_instance").classes)
    ids.push_back(entry.id);
  EXPECT_EQ(ids, (std::vector<int64_t>{24, 25, 26, 27, 28, 31, 32, 33}));  // person … bicycle
  EXPECT_EQ(builtin_vocabulary("coco80").classes.back().id, 90);           // toothbrush
  EXPECT_EQ(builtin_vocabulary("ade20k_instance").classes.front().id, 7);  // bed
  EXPECT_EQ(builtin_vocabulary("lvis_instance").classes.size(), 1203u);
  EXPECT_EQ(builtin_vocabulary_json("coco_instance"), builtin_vocabulary_json("coco"));
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

}  // namespace
}  // namespace fcclip::classify
