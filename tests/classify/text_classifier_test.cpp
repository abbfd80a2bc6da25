#include "fcclip/classify/text_classifier.h"

#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/merges.h"

namespace fcclip::classify {
namespace text_classifier_test {

namespace fs = std::filesystem;

Vocabulary words(const std::vector<std::vector<std::string>>& classes) {
  Vocabulary vocabulary;
  for (const std::vector<std::string>& synonyms : classes) {
    vocabulary.classes.push_back({static_cast<int64_t>(vocabulary.classes.size()) + 1, synonyms});
  }
  return vocabulary;
}

at::Tensor unit(const at::Tensor& x) {
  return x / x.norm(2, -1, true);
}

// A small tower over single bytes: no merges are needed.
class EncodeVocabulary : public ::testing::Test {
 protected:
  EncodeVocabulary() : tokenizer_("#version: 0.2\n", 514, 40), tower_(config()) {
    nn::WeightTable table;
    tower_.declare(table, "clip");
    nn::load_weights(
        table,
        [&](const std::string& name) {
          return test::formula_tensor("classifier", name, table.find(name)->shape, -0.4, 0.4);
        },
        at::kCPU);
    tower_.prepare();
    options_.templates = {"a {}.", "the {}", "{} and {}"};
    std::string pattern = (fs::temp_directory_path() / "fcclip_classifier_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~EncodeVocabulary() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  static clip::ClipConfig config() {
    clip::ClipConfig config;
    config.text = {40, 514, 32, 2, 2, false};
    config.embed_dim = 24;
    return config;
  }
  at::Tensor feature(const std::string& text) const {
    return unit(tower_.encode({tokenizer_.encode(text)}));
  }
  TextClassifier encode(const Vocabulary& vocabulary) const {
    return encode_vocabulary(tower_, tokenizer_, vocabulary, options_);
  }
  clip::Tokenizer tokenizer_;
  clip::TextTower tower_;
  EncodeOptions options_;
  fs::path folder_;
};

TEST_F(EncodeVocabulary, OneRowPerSynonymInOrder) {
  const TextClassifier got = encode(words({{"zebra", "ant"}, {"cat"}, {"ant", "zebra", "zebra"}}));
  EXPECT_EQ(got.synonyms_per_class, (std::vector<int64_t>{2, 1, 3}));
  ASSERT_EQ(got.rows.sizes(), (std::vector<int64_t>{6, 24}));
  const auto want = [&](const std::string& name) {
    return unit(
        (feature("a " + name + ".") + feature("the " + name) + feature(name + " and " + name)) / 3);
  };
  const at::Tensor zebra = want("zebra"), ant = want("ant"), cat = want("cat");
  EXPECT_TRUE(test::near(got.rows, at::cat({zebra, ant, cat, ant, zebra, zebra}), 1e-5));
}

TEST_F(EncodeVocabulary, RowsThatAClassBringsStandInPlaceOfItsWords) {
  Vocabulary vocabulary = words({{"zebra", "ant"}, {"mug", "cup"}, {"cat"}});
  vocabulary.classes[1].rows = std::make_shared<ClassRows>(
      ClassRows{std::vector<float>(24, 0.1F), std::vector<float>(24, 0.2F), "m"});
  const TextClassifier got = encode(vocabulary), plain = encode(words({{"zebra", "ant"}, {"cat"}}));
  EXPECT_EQ(got.synonyms_per_class, (std::vector<int64_t>{2, 1, 1}));
  EXPECT_EQ(got.computed, 3);  // neither "mug" nor "cup"
  const auto around = [&](double value) {
    return at::cat(
        {plain.rows.narrow(0, 0, 2), at::full({1, 24}, value), plain.rows.narrow(0, 2, 1)});
  };
  EXPECT_TRUE(test::near(got.rows, around(0.2), 1e-6));
  EXPECT_TRUE(test::near(got.in_vocabulary().rows, around(0.1), 1e-6));
  EXPECT_TRUE(at::equal(plain.in_vocabulary().rows, plain.rows));
  EXPECT_FALSE(plain.in_rows.defined());
}

TEST_F(EncodeVocabulary, RowsOfAnotherWidthAreRefused) {
  Vocabulary vocabulary = words({{"cat"}});
  vocabulary.classes[0].rows =
      std::make_shared<ClassRows>(ClassRows{std::vector<float>(24), std::vector<float>(23), "m"});
  EXPECT_ERROR(invalid_argument, "\"cat\": its rows have 23 numbers, this model's 24",
               encode(vocabulary));
}

TEST_F(EncodeVocabulary, ManyNamesAreTheSameAsFew) {
  std::vector<std::vector<std::string>> classes;
  for (int i = 0; i < 150; ++i) classes.push_back({"name" + std::to_string((i * 37) % 150)});
  const TextClassifier all = encode(words(classes));
  EXPECT_TRUE(
      test::near(all.rows.narrow(0, 77, 2), encode(words({classes[77], classes[78]})).rows, 1e-5));
}

TEST_F(EncodeVocabulary, ReportsProgressInDistinctNames) {
  std::vector<std::pair<int64_t, int64_t>> reports;
  options_.progress = [&](int64_t done, int64_t total) {
    reports.emplace_back(done, total);
    return true;
  };
  encode(words({{"a", "b"}, {"a"}, {"c"}}));
  ASSERT_GE(reports.size(), 2u);
  EXPECT_EQ(reports.front(), (std::pair<int64_t, int64_t>{0, 3}));
  EXPECT_EQ(reports.back(), (std::pair<int64_t, int64_t>{3, 3}));
}

TEST_F(EncodeVocabulary, StoppedItKeepsWhatIsDone) {
  std::vector<std::vector<std::string>> classes;
  for (int i = 0; i < 150; ++i) classes.push_back({"name" + std::to_string(i)});
  const TextCache cache(folder_, "f");
  options_.cache = &cache;
  options_.progress = [](int64_t done, int64_t) { return done < 64; };
  try {
    encode(words(classes));
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_STREQ(error.what(), "stopped after 64 of 150 words");
  }
  options_.progress = {};
  EXPECT_EQ(encode(words(classes)).computed, 150 - 64);
}

TEST_F(EncodeVocabulary, TakesFromTheCacheAndAddsToIt) {
  const TextCache cache(folder_, "f");
  const at::Tensor planted = unit(at::ones({24}));
  cache.store(options_.templates, "cat", planted);
  options_.cache = &cache;
  int64_t already = -1;
  options_.progress = [&](int64_t done, int64_t) {
    already = already < 0 ? done : already;
    return true;
  };
  const TextClassifier got = encode(words({{"dog"}, {"cat"}}));
  EXPECT_EQ(already, 1);
  EXPECT_TRUE(got.rows[1].equal(planted));
  const TextCache again(folder_, "f");
  EXPECT_TRUE(again.find(options_.templates, "dog")->equal(got.rows[0]));
}

TEST_F(EncodeVocabulary, ARowOfAnotherLengthIsComputedAgain) {
  const TextCache cache(folder_, "f");
  cache.store(options_.templates, "cat", at::ones({5}));
  options_.cache = &cache;
  EXPECT_EQ(encode(words({{"cat"}})).rows.sizes(), (std::vector<int64_t>{1, 24}));
}

TEST_F(EncodeVocabulary, ACacheThatCannotBeWrittenIsSaidOnce) {
  const TextCache cache("/proc/nowhere", "f");
  options_.cache = &cache;
  int warnings = 0;
  options_.log = [&](LogLevel level, const std::string&) {
    warnings += level == LogLevel::warning;
  };
  std::vector<std::vector<std::string>> classes;
  for (int i = 0; i < 150; ++i) classes.push_back({"n" + std::to_string(i)});
  EXPECT_EQ(encode(words(classes)).rows.size(0), 150);
  EXPECT_EQ(warnings, 1);
}

TEST_F(EncodeVocabulary, OddNamesGiveFiniteRows) {
  std::string long_name;
  for (int i = 0; i < 500; ++i) long_name += "word ";
  const TextClassifier got =
      encode(words({{""}, {long_name}, {"🦓"}, {"\xFF\xFE"}, {"a\nb\tc"}}));
  EXPECT_TRUE(at::isfinite(got.rows).all().item<bool>());
  EXPECT_TRUE(test::near(got.rows.norm(2, -1), at::ones({5}), 1e-5));
}

TEST_F(EncodeVocabulary, RowsCanBeTrainedAgainst) {
  EXPECT_FALSE(encode(words({{"cat"}})).rows.requires_grad());
  EXPECT_FALSE(encode(words({{"cat"}})).rows.is_inference());
}

TEST_F(EncodeVocabulary, RejectsWhatIsNoVocabulary) {
  EXPECT_ERROR(invalid_argument, "the vocabulary has no classes", encode(Vocabulary{}));
  EXPECT_ERROR(invalid_argument, "class 1 of the vocabulary has no synonyms",
               encode(words({{"cat"}, {}})));
  options_.templates = {};
  EXPECT_ERROR(invalid_argument, "no templates", encode(words({{"cat"}})));
  options_.templates = {"a photo"};
  EXPECT_ERROR(invalid_argument, "template \"a photo\" has no {} for the name",
               encode(words({{"cat"}})));
}

// --- recorded reference -------------------------------------------------------------------------

struct Recorded {
  std::string folder;
  clip::TextConfig text;
};

class EncodeVocabularyRecordedModels : public ::testing::TestWithParam<Recorded> {};

TEST_P(EncodeVocabularyRecordedModels, ClassifiersOfBothVocabularies) {
  FCCLIP_NEEDS_GOLDENS();
  FCCLIP_NEEDS_MERGES();
  clip::ClipConfig config;
  config.text = GetParam().text;
  config.embed_dim = 64;
  clip::TextTower tower(config);
  nn::WeightTable table;
  tower.declare(table, "backbone.clip_model");
  nn::load_weights(table, test::formula_weights(GetParam().folder), at::kCPU);
  tower.prepare();
  const clip::Tokenizer tokenizer(test::clip_merges());
  const nlohmann::json recorded = test::golden_json(GetParam().folder + "/vocab.json");
  EncodeOptions options;
  options.templates = recorded.at("templates");
  for (const std::string part : {"test", "train"}) {
    Vocabulary vocabulary;
    for (const std::string name : recorded.at(part).at("names_raw")) {
      vocabulary.classes.push_back({1, split_synonyms(name)});
    }
    const TextClassifier got = encode_vocabulary(tower, tokenizer, vocabulary, options);
    EXPECT_TRUE(test::near(
        got.rows, test::golden(GetParam().folder + "/vocab.safetensors", part + ".text_classifier"),
        test::kFeatureTolerance))
        << part;
    EXPECT_EQ(got.synonyms_per_class,
              recorded.at(part).at("num_templates").get<std::vector<int64_t>>());
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EncodeVocabularyRecordedModels,
                         ::testing::Values(Recorded{"tiny-convnext", {77, 49408, 64, 2, 2, false}},
                                           Recorded{"tiny-resnet", {77, 49408, 128, 2, 2, true}}),
                         [](const auto& info) { return info.index == 0 ? "convnext" : "resnet"; });

}  // namespace text_classifier_test
}  // namespace fcclip::classify
