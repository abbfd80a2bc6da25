#include "fcclip/eval/evaluator.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/evaluate_pictures.h"
#include "fcclip/eval/record_file.h"
#include "fcclip/eval/score_text.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/model/model.h"
#include "fcclip/model/untrained.h"
#include "tests/data/miniature.h"
#include "tests/io/temporary_folder.h"
#include "tests/support/errors.h"
#include "tests/support/threads.h"

namespace fcclip::eval {
namespace evaluator_test {

// An untrained model on two pictures of COCO.
class Evaluators : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::TemporaryFolder>();
    test::make_coco(folder_->path());
    split_ = data::open_split(data::find_dataset("coco_panoptic"), folder_->path());
    model::Config config = model::tiny_config();
    config.clip.text.vocab_size = 514;
    auto network = std::make_shared<model::Model>(config);
    network->clip->tokenizer = std::make_unique<clip::Tokenizer>("#version: 0.2\n", 514);
    model::fill_untrained(*network, 3);
    segmenter_ =
        std::make_unique<segmenter::Segmenter>(network, segmenter::SegmenterOptions{"cpu", false});
    words_ = segmenter_->prepare(split_->vocabulary());
  }
  static void TearDownTestSuite() {
    segmenter_.reset();
    split_.reset();
    folder_.reset();
  }

  static EvaluateOptions options() {
    EvaluateOptions options;
    options.size = {64, 96};
    options.classifiers = classifiers_of("ensemble", segmenter_->ask_defaults().ensemble);
    return options;
  }
  static Evaluator evaluator() { return {*segmenter_, *split_, words_, options()}; }
  // One step after the other.
  static PictureRecord scored_alone(const Evaluator& evaluator, int64_t index) {
    PictureCase one = evaluator.read(index);
    EncodedCase encoded = evaluator.encode(one);
    PictureRecord record = evaluator.begin_record(one);
    for (size_t i = 0; i < evaluator.classifiers(); ++i) {
      PictureAnswer answer = evaluator.answer(one, encoded, i);
      ScoreRecord scores = evaluator.score(one, answer, i);
      evaluator.add(record, i, std::move(scores), std::move(answer));
    }
    return record;
  }

  inline static std::unique_ptr<test::TemporaryFolder> folder_;
  inline static std::unique_ptr<data::DatasetSplit> split_;
  inline static std::unique_ptr<segmenter::Segmenter> segmenter_;
  inline static segmenter::PreparedVocabulary words_;
};

TEST_F(Evaluators, OnePictureGivesItsRecord) {
  const PictureRecord record = scored_alone(evaluator(), 0);
  EXPECT_EQ(record.name, "000000000139");
  EXPECT_EQ(record.image_id_json, "139");
  EXPECT_EQ(record.size, (Size{test::kHeight, test::kWidth}));
  EXPECT_TRUE(record.scores.contains("ensemble"));
  EXPECT_TRUE(record.answers.empty());  // no folder for predictions
}

TEST_F(Evaluators, OnePictureCanBeStoppedInTheNetwork) {
  const Evaluator all = evaluator();
  PictureCase one = all.read(0);
  try {
    all.encode(one, [](int64_t done, int64_t) { return done < 2; });
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
}

TEST_F(Evaluators, AStoppedShareKeepsWhatIsScoredAndGoesOn) {
  const std::filesystem::path path = folder_->path() / "stopped/records.jsonl";
  RunHeader header;
  header.pictures = 2;
  const Evaluator all = evaluator();
  try {
    RecordFile records(path, header, split_->vocabulary(), false);
    evaluate_share(all, {0, 1, 2}, records, [](int64_t done, int64_t) { return done < 1; });
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_STREQ(error.what(), "stopped after 1 of 2 pictures");
  }
  std::vector<int64_t> told;
  RecordFile records(path, header, split_->vocabulary(), /*resume=*/true);
  EXPECT_EQ(records.last(), 0);
  evaluate_share(all, {0, 1, 2}, records, [&](int64_t done, int64_t) {
    told.push_back(done);
    return true;
  });
  EXPECT_EQ(told, (std::vector<int64_t>{1}));
  int64_t found = 0;
  read_records({path}, header, [&](const StoredPicture&) { ++found; });
  EXPECT_EQ(found, 2);
}

TEST_F(Evaluators, TwoShareThePicturesInOrder) {
  RunHeader header;
  header.pictures = 2;
  const std::vector<Evaluator> two = {evaluator(), evaluator()};
  const auto records_of = [&](const char* name, std::span<const Evaluator> evaluators) {
    const test::Threads threads(static_cast<int>(evaluators.size()));
    const std::filesystem::path path = folder_->path() / name / "records.jsonl";
    RecordFile records(path, header, split_->vocabulary(), false);
    evaluate_share(evaluators, {0, 1, 2}, records);
    return io::read_file(path);
  };
  const std::string alone = records_of("alone", std::span(two).first(1));
  EXPECT_EQ(std::count(alone.begin(), alone.end(), '\n'), 3);
  EXPECT_EQ(records_of("shared", two), alone);
  RecordFile records(folder_->path() / "ended/records.jsonl", header, split_->vocabulary(), false);
  EXPECT_ERROR(interrupted, "stopped after 1 of 2 pictures",
               evaluate_share(std::span(two), {0, 1, 2}, records,
                              [](int64_t done, int64_t) { return done < 1; }));
  EXPECT_EQ(records.last(), 0);  // what was begun is kept
}

// In the order of the list, classifiers in theirs, whoever was done first.
TEST_F(Evaluators, TwoPicturesAtOnceAreScoredAsOneByOne) {
  EvaluateOptions asked = options();
  Classifier stricter = asked.classifiers.front();
  stricter.name = "stricter";
  stricter.panoptic.overlap_threshold = 0.99;
  asked.classifiers.push_back(stricter);
  asked.classifiers.push_back(classifiers_of("in", segmenter_->ask_defaults().ensemble).front());
  const Evaluator one(*segmenter_, *split_, words_, asked);
  const PictureList list = {{1, 0, 1, 0, 1}};
  const test::Threads threads(2);
  std::vector<int64_t> order;
  evaluate_pictures(
      {&one, 1}, list,
      [&](const ScoredPicture& scored) {
        ASSERT_EQ(scored.failure, nullptr);
        order.push_back(scored.index);
        const PictureRecord want = scored_alone(one, scored.index);
        ASSERT_EQ(scored.record.scores.size(), 3u);
        for (const auto& [name, scores] : want.scores) {
          EXPECT_EQ(to_text(scored.record.scores.at(name), split_->vocabulary()),
                    to_text(scores, split_->vocabulary()))
              << name;
        }
      },
      {}, /*workers=*/2);
  EXPECT_EQ(order, list.indices);
}

TEST_F(Evaluators, APictureThatFailsIsToldAtItsPlace) {
  const test::TemporaryFolder folder;
  test::make_coco(folder.path());
  const auto split = data::open_split(data::find_dataset("coco_panoptic"), folder.path());
  io::write_atomically(split->picture(0).file, "no picture");
  const Evaluator one(*segmenter_, *split, words_, options());
  std::vector<std::pair<int64_t, bool>> told;
  evaluate_pictures({&one, 1}, {{1, 0, 1}}, [&](const ScoredPicture& scored) {
    told.emplace_back(scored.index, scored.failure != nullptr);
  });
  EXPECT_EQ(told, (std::vector<std::pair<int64_t, bool>>{{1, false}, {0, true}, {1, false}}));
  RecordFile records(folder.path() / "records.jsonl", {}, split->vocabulary(), false);
  EXPECT_ERROR(bad_format, "000000000139.jpg", evaluate_share(one, {0, 1, 2}, records));
  EXPECT_EQ(records.last(), -1);
}

TEST_F(Evaluators, WhatTheTakerThrowsEndsTheRun) {
  const Evaluator one = evaluator();
  int64_t taken = 0;
  EXPECT_ERROR(
      io_failure, "disk full",
      evaluate_pictures({&one, 1}, {std::vector<int64_t>(50, 0)}, [&](const ScoredPicture&) {
        if (++taken == 2) fail(ErrorCode::io_failure, "disk full");
      }));
  EXPECT_EQ(taken, 2);
}

TEST_F(Evaluators, ClassifiersHaveTheirAlphaAndBeta) {
  const classify::EnsembleOptions published = segmenter_->ask_defaults().ensemble;
  const std::vector<Classifier> all = classifiers_of("all", published);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].ensemble.alpha, published.alpha);
  EXPECT_EQ(all[1].ensemble.beta, 0);
  EXPECT_EQ(all[2].ensemble.alpha, 1);
  try {
    classifiers_of("best", published);
    FAIL() << "known";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  }
}

}  // namespace evaluator_test
}  // namespace fcclip::eval
