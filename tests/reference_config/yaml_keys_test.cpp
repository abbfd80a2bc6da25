// Reading: keys, bases, types, and what is refused.

#include <gtest/gtest.h>

#include "fcclip/reference_config/keys.h"
#include "tests/reference_config/yaml_files.h"
#include "tests/support/errors.h"

namespace fcclip::reference_config {
namespace {

using test::YamlFolder;

Keys keys_of(const std::string& yaml) {
  return {parse_document(yaml, "a.yaml").keys, "a.yaml"};
}

TEST(YamlKeys, SectionsBecomeDottedKeysWithTheirPlaces) {
  const KeyTable keys =
      parse_document("SOLVER:\n  AMP:\n    ENABLED: True\nSEED: 7\n", "a.yaml").keys;
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys.at("SOLVER.AMP.ENABLED").text, "True");
  EXPECT_EQ(keys.at("SOLVER.AMP.ENABLED").line, 3);
  EXPECT_EQ(keys.at("SEED").file, "a.yaml");
  EXPECT_TRUE(parse_document("", "empty.yaml").keys.empty());
}

TEST(YamlKeys, PythonsLiteralsAreReadAsYacsReadsThem) {
  const Keys keys = keys_of(
      "SOLVER:\n  STEPS: (30, 40,)\n  BASE_LR: 1e-4\n  IMS_PER_BATCH: '8'\n"
      "DATASETS:\n  TRAIN: (\"a\", 'b')\n  TEST: !!python/tuple [c]\n"
      "MODEL: {PIXEL_MEAN: [1, 2.5, 3]}\n");
  EXPECT_EQ(keys.numbers("SOLVER.STEPS"), (std::vector<double>{30, 40}));
  EXPECT_EQ(keys.number("SOLVER.BASE_LR"), 1e-4);
  EXPECT_EQ(keys.whole("SOLVER.IMS_PER_BATCH"), 8);
  EXPECT_EQ(keys.texts("DATASETS.TRAIN"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(keys.texts("DATASETS.TEST"), std::vector<std::string>{"c"});
  EXPECT_EQ(keys.numbers("MODEL.PIXEL_MEAN"), (std::vector<double>{1, 2.5, 3}));
  EXPECT_FALSE(keys.is_stated("SEED"));
  EXPECT_EQ(keys.whole("SEED"), -1);  // the reference's default
}

TEST(YamlKeys, AKeyThatStandsTwiceCountsAsItStandsLast) {
  EXPECT_EQ(keys_of("SEED: 1\nSEED: 2\n").whole("SEED"), 2);
}

TEST(YamlKeys, AValueOfAnotherTypeIsRefusedWithKeyFileAndLine) {
  EXPECT_ERROR(bad_format, "a.yaml:2: SEED: expected a whole number, got \"many\"",
               keys_of("\nSEED: many\n").whole("SEED"));
  EXPECT_ERROR(bad_format, "expected True or False",
               keys_of("SOLVER: {AMP: {ENABLED: 2}}").flag("SOLVER.AMP.ENABLED"));
  EXPECT_ERROR(bad_format, "expected a text, got a list", keys_of("SEED: [1]").whole("SEED"));
  EXPECT_ERROR(bad_format, "expected a number",
               keys_of("SOLVER: {BASE_LR: nan}").number("SOLVER.BASE_LR"));
}

TEST(YamlKeys, ObjectsAreRefused) {
  for (const char* yaml :
       {"SEED: !!python/object/apply:os.system ['touch PWNED']", "!!python/object:a.B {x: 1}",
        "MODEL: {X: !!python/name:os.system ''}", "SEED: !mine 3"}) {
    EXPECT_ERROR(unsafe_file, "nothing was made", parse_document(yaml, "a.yaml"));
  }
  EXPECT_FALSE(std::filesystem::exists("PWNED"));
}

TEST(YamlKeys, WhatIsNoConfigurationIsRefused) {
  EXPECT_ERROR(bad_format, "not valid YAML", parse_document("a: [1, 2", "a.yaml"));
  EXPECT_ERROR(bad_format, "expected sections of keys", parse_document("- 1\n- 2\n", "a.yaml"));
  EXPECT_ERROR(unsupported, "merge keys", parse_document("a: &x {b: 1}\nc:\n  <<: *x\n", "a.yaml"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {";
    for (int k = 0; k < 9; ++k) bomb += "k" + std::to_string(k) + ": " + before + ", ";
    bomb += "}\n";
  }
  EXPECT_ERROR(bad_format, "too large", parse_document(bomb, "a.yaml"));
}

TEST(Chain, TheFileGoesOverItsBases) {
  const YamlFolder folder;
  folder.write("base.yaml", "SEED: 1\nSOLVER: {BASE_LR: 0.5, MAX_ITER: 10}\n");
  folder.write("deep/middle.yaml", "_BASE_: ../base.yaml\nSOLVER: {MAX_ITER: 20}\n");
  const auto top = folder.write("deep/er/top.yaml", "_BASE_: ../middle.yaml\nSEED: 3\n");
  const Keys keys(read_chain(top), top.string());
  EXPECT_EQ(keys.whole("SEED"), 3);
  EXPECT_EQ(keys.whole("SOLVER.MAX_ITER"), 20);
  EXPECT_EQ(keys.number("SOLVER.BASE_LR"), 0.5);
  EXPECT_NE(keys.where("SOLVER.BASE_LR").find("base.yaml:2"), std::string::npos);
}

TEST(Chain, OfSeveralBasesTheLastCounts) {
  const YamlFolder folder;
  folder.write("a.yaml", "SEED: 1\nVERSION: 1\n");
  folder.write("b.yaml", "SEED: 2\n");
  const auto top = folder.write("top.yaml", "_BASE_: [a.yaml, ./b.yaml]\n");
  EXPECT_EQ(Keys(read_chain(top), "top.yaml").whole("SEED"), 2);
}

TEST(Chain, CyclesAndMissingFilesAreRefused) {
  const YamlFolder folder;
  const auto self = folder.write("self.yaml", "_BASE_: ./self.yaml\n");
  EXPECT_ERROR(bad_format, "leads back to", read_chain(self));
  folder.write("x.yaml", "_BASE_: y.yaml\n");
  const auto cycle = folder.write("y.yaml", "_BASE_: x.yaml\n");
  EXPECT_ERROR(bad_format, "leads back to", read_chain(cycle));
  const auto lost = folder.write("lost.yaml", "_BASE_: nowhere.yaml\n");
  EXPECT_ERROR(not_found, "lost.yaml: its _BASE_ ", read_chain(lost));
  const auto web = folder.write("web.yaml", "_BASE_: https://example.org/a.yaml\n");
  EXPECT_ERROR(unsupported, "on the network", read_chain(web));
  EXPECT_ERROR(not_found, "none.yaml",
               read_chain(folder.write("a.yaml", "").parent_path() / "none.yaml"));
}

TEST(Chain, ASectionIsNoValue) {
  const YamlFolder folder;
  folder.write("base.yaml", "SOLVER: {AMP: {ENABLED: True}}\nSEED: 1\n");
  const auto value = folder.write("value.yaml", "_BASE_: base.yaml\nSOLVER: 3\n");
  EXPECT_ERROR(bad_format, "value.yaml:2: SOLVER cannot replace SOLVER.AMP.ENABLED",
               read_chain(value));
  const auto section = folder.write("section.yaml", "_BASE_: base.yaml\nSEED: {A: 3}\n");
  EXPECT_ERROR(bad_format, "SEED.A cannot replace SEED of", read_chain(section));
}

TEST(Chain, FewFilesCannotNameBillions) {
  const YamlFolder folder;
  folder.write("0.yaml", "SEED: 1\n");
  std::filesystem::path last;
  for (int i = 1; i < 12; ++i) {
    const std::string base = std::to_string(i - 1) + ".yaml";
    last = folder.write(std::to_string(i) + ".yaml", "_BASE_: [" + base + ", " + base + "]\n");
  }
  EXPECT_ERROR(bad_format, "more than 100 files", read_chain(last));
}

}  // namespace
}  // namespace fcclip::reference_config
