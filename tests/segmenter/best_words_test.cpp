// "What is here?": the picture's own best words, and the rows that ship with the bundled model.
#include "fcclip/segmenter/best_words.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/classify/rows_file.h"
#include "fcclip/results/rle.h"
#include "fcclip/segmenter/segmenter.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/source_folder.h"

namespace fcclip::segmenter {
namespace best_words_test {

class BestWords : public ::testing::Test {
 protected:
  BestWords() {
    at::manual_seed(4);
    image_ = segmenter_.encode(at::randint(0, 256, {96, 128, 3}, at::kByte), {96, 128});
    words_ = segmenter_.prepare(vocabulary_);
  }
  static classify::Vocabulary vocabulary() {
    classify::Vocabulary words;
    for (const char* name : {"cat", "sky", "the", "hat", "a"}) {
      words.classes.push_back({std::ssize(words.classes) + 1, {name}, true});
    }
    words.classes[1].is_thing = false;
    return words;
  }
  results::Segmentation ask(int64_t best_words, results::Task task) const {
    AskOptions options = segmenter_.ask_defaults();
    options.task = task;
    options.best_words = best_words;
    options.instances = {1000, false};
    return segmenter_.ask(image_, words_, options);
  }

  Segmenter segmenter_{test::small_model(), SegmenterOptions{.use_text_cache = false}};
  classify::Vocabulary vocabulary_ = vocabulary();
  EncodedImage image_;
  PreparedVocabulary words_;
};

// Instances rank all pairs of a mask and a class: the first of a class is its best.
TEST_F(BestWords, AreTheBestInstanceOfEachWord) {
  const results::Segmentation answer = ask(5, results::Task::instance);
  ASSERT_EQ(answer.best_words.size(), 5u);
  std::set<std::string> names;
  for (size_t i = 0; i < answer.best_words.size(); ++i) {
    const results::Segment& word = answer.best_words[i];
    EXPECT_TRUE(names.insert(word.name).second) << word.name;
    EXPECT_EQ(word.id, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(word.is_thing, word.name != "sky");
    if (i > 0) {
      EXPECT_LE(word.score, answer.best_words[i - 1].score);
    }
    const auto best =
        std::ranges::find(answer.segments(), word.class_index, &results::Segment::class_index);
    ASSERT_NE(best, answer.segments().end()) << word.name;
    EXPECT_NEAR(word.score, best->score, 1e-6);
    EXPECT_EQ(word.query, best->query);
    EXPECT_EQ(word.area_px, best->area_px);
    EXPECT_EQ(word.box_xywh_px, best->box_xywh_px);
  }
}

TEST_F(BestWords, AreAsManyAsWereAskedForInEveryTask) {
  using results::Task;
  for (const Task task : {Task::panoptic, Task::instance, Task::semantic}) {
    EXPECT_EQ(ask(2, task).best_words.size(), 2u);
    EXPECT_EQ(ask(100, task).best_words.size(), 5u);
    EXPECT_TRUE(ask(0, task).best_words.empty());
  }
}

TEST_F(BestWords, LeaveOutBackgroundAndSmallScores) {
  words_.vocabulary.classes[3].is_background = true;
  const results::Segmentation all = ask(5, results::Task::panoptic);
  ASSERT_EQ(all.best_words.size(), 4u);
  for (const results::Segment& word : all.best_words) EXPECT_NE(word.name, "hat");
  AskOptions options = segmenter_.ask_defaults();
  options.best_words = 5;
  options.min_score = all.best_words[1].score;
  EXPECT_EQ(segmenter_.ask(image_, words_, options).best_words.size(), 2u);
}

TEST_F(BestWords, AsAnAnswerHaveTheirMasksAndNextNames) {
  AskOptions options = segmenter_.ask_defaults();
  options.best_words = 4;
  options.next_best = 2;
  const results::Segmentation alone = masks_of_best_words(segmenter_, image_, words_, options);
  const results::Segmentation beside = ask(4, results::Task::panoptic);
  ASSERT_EQ(alone.task(), results::Task::instance);
  ASSERT_EQ(alone.segments().size(), beside.best_words.size());
  for (size_t i = 0; i < alone.segments().size(); ++i) {
    const results::Segment& word = alone.segments()[i];
    EXPECT_EQ(word.name, beside.best_words[i].name);
    EXPECT_EQ(word.score, beside.best_words[i].score);
    EXPECT_EQ(word.query, beside.best_words[i].query);
    EXPECT_EQ(word.next_best.size(), 2u);
    const results::Rle mask{alone.size, word.rle_counts};
    EXPECT_EQ(results::area(mask), word.area_px);
    EXPECT_EQ(results::box_xywh(mask), word.box_xywh_px);
  }
}

// Where this fails the model has changed: make rows.
TEST(BundledModel, HasTheRowsOfEveryBuiltInVocabulary) {
  const std::filesystem::path model = test::source_folder() / "models" / "mini.safetensors";
  const test::TemporaryFile unused("cache");
  const Segmenter segmenter = Segmenter::load(model, {.cache_folder = unused.path()});
  std::vector<std::string> names = classify::builtin_vocabulary_names();
  names.emplace_back(classify::kEverything);
  for (const std::string& name : names) {
    const PreparedVocabulary prepared = segmenter.prepare(classify::builtin_vocabulary(name));
    EXPECT_EQ(prepared.classifier.computed, 0) << name << ": words without rows; make rows";
  }
  EXPECT_FALSE(std::filesystem::exists(unused.path())) << "nothing was to be stored";

  const Segmenter fresh = Segmenter::load(model, {.use_text_cache = false});
  classify::Vocabulary few = classify::builtin_vocabulary("everything");
  few.classes.resize(40);
  const at::Tensor read = segmenter.prepare(few).classifier.rows;
  const PreparedVocabulary encoded = fresh.prepare(few);
  EXPECT_GT(encoded.classifier.computed, 40);
  const at::Tensor rows = encoded.classifier.rows;
  EXPECT_LE((read - rows).abs().max().item<double>(), 2.5e-4);
  EXPECT_GT((read * rows).sum(1).min().item<double>(), 0.999999);
}

TEST(GivenRows, OfAnotherModelOrDamagedOnesAreDoneWithout) {
  const test::TemporaryFile model("m.safetensors");
  model::save(model.path(), *test::small_model());
  const std::filesystem::path file = classify::rows_file_of(model.path());
  std::vector<std::string> told;
  const SegmenterOptions options{
      .cache_folder = model.path().parent_path() / "cache",
      .log = [&](LogLevel, const std::string& line) { told.push_back(line); }};
  const classify::Vocabulary cat{"", {{1, {"cat"}, true}}};
  const classify::RowsOrigin origin = Segmenter::load(model.path(), options).rows_origin();
  at::Tensor row = at::zeros({1, test::small_config().clip.embed_dim});
  row.select(1, 3).fill_(1);

  classify::save_rows(file, {"another", origin.templates}, {"cat"}, row);
  EXPECT_EQ(Segmenter::load(model.path(), options).prepare(cat).classifier.computed, 1);
  EXPECT_TRUE(told.empty());
  classify::save_rows(file, origin, {"cat"}, row);
  EXPECT_TRUE(Segmenter::load(model.path(), options).prepare(cat).classifier.rows.equal(row));
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  const PreparedVocabulary without = Segmenter::load(model.path(), options).prepare(cat);
  EXPECT_FALSE(without.classifier.rows.equal(row));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("m.rows.safetensors"), std::string::npos) << told[0];
}

}  // namespace best_words_test
}  // namespace fcclip::segmenter
