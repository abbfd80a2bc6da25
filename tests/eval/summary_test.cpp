#include "fcclip/eval/summary.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/eval/score_json.h"
#include "tests/eval/two_regions.h"

namespace fcclip::eval {
namespace summary_test {

using two_regions::scores_of;
using two_regions::summary_of;

TEST(Summary, EveryGroupHasItsClasses) {
  // The border four columns to the right: person 20 of 16 columns, IoU 0.8; tree 12 of 16, 0.75.
  const RunSummary all = summary_of(scores_of(20));
  EXPECT_NEAR(*all.panoptic->value("Things", "pq"), 80, 1e-10);
  EXPECT_NEAR(*all.panoptic->value("Stuff", "pq"), 75, 1e-10);
  EXPECT_EQ(*all.panoptic->value("All", "n"), 2);
  EXPECT_EQ(*all.panoptic->value("class_agnostic", "n"), 1);
  EXPECT_NEAR(*all.masks->value("Seen", "AP"), 70, 1e-10);  // 0.50 … 0.80
  EXPECT_FALSE(all.masks->value("Unseen", "AP"));           // trees are no things
  EXPECT_NEAR(*all.semantic->value("Seen", "mIoU"), 80, 1e-10);
  EXPECT_NEAR(*all.semantic->value("Unseen", "mIoU"), 75, 1e-10);
  EXPECT_NEAR(*all.semantic->value("Unseen", "pACC"), 75, 1e-10);
  EXPECT_FALSE(all.panoptic->value("Nobody", "pq"));
  EXPECT_FALSE(all.panoptic->value("All", "height"));
  EXPECT_EQ(all.panoptic->group("Nobody"), nullptr);
}

TEST(Summary, EveryClassHasARow) {
  const RunSummary all = summary_of(scores_of(20));
  ASSERT_EQ(all.panoptic->classes.size(), 2u);
  const ScoreRow& tree = all.panoptic->classes[1];
  EXPECT_EQ(tree.name, "tree");
  EXPECT_NEAR(*tree.values[0], 75, 1e-10);
  EXPECT_EQ(tree.values[3], 1);  // tp, fp, fn
  EXPECT_EQ(tree.values[4], 0);
  EXPECT_EQ(tree.values[5], 0);
  ASSERT_EQ(all.masks->classes.size(), 1u);  // things only
  EXPECT_NEAR(*all.masks->classes[0].values[0], 70, 1e-10);
  EXPECT_EQ(all.masks->classes[0].values[1], 1);
  EXPECT_NEAR(*all.semantic->classes[0].values[3], 50, 1e-10);  // share of the true pixels
}

TEST(Summary, WhatNeverOccursHasNoNumbers) {
  const RunSummary none = summary_of(PictureScores(2));
  EXPECT_FALSE(none.panoptic->value("All", "pq"));
  EXPECT_EQ(none.panoptic->value("All", "n"), 0);
  EXPECT_FALSE(none.masks->value("All", "AP"));
  EXPECT_FALSE(none.semantic->value("All", "mIoU"));
  EXPECT_FALSE(none.semantic->classes[0].values[3]);
}

TEST(Summary, AClassThatWasOnlyAnsweredDoesNotMakeAGroup) {
  PictureScores scores(2);
  scores.panoptic.add_counts(0, {1, 1, 0, 0});
  scores.panoptic.add_counts(1, {0, 0, 3, 0});  // an unseen class that is never there
  const RunSummary all = summary_of(scores);
  EXPECT_FALSE(all.panoptic->value("Unseen", "pq"));
  EXPECT_EQ(all.panoptic->value("Unseen", "n"), 0);
  EXPECT_NEAR(*all.panoptic->value("All", "pq"), 50, 1e-10);
}

TEST(Summary, OnlyWhatWasAskedForIsThere) {
  const classify::Vocabulary vocabulary = two_regions::words();
  const std::vector<bool> seen = {true, true};
  const RunSummary one = summarise(scores_of(16), {vocabulary, seen, false, false, true});
  EXPECT_FALSE(one.panoptic);
  EXPECT_FALSE(one.masks);
  EXPECT_FALSE(one.boxes);
  EXPECT_TRUE(one.semantic);
}

TEST(Summary, AsJsonCountsAreWholeAndMissingNumbersNull) {
  EvaluationScores scores{"Two", 3, {}};
  scores.classifiers["in"] = summary_of(scores_of(16));
  const nlohmann::json got = to_json(scores);
  EXPECT_EQ(got["dataset"], "Two");
  EXPECT_EQ(got["images"], 3);
  const nlohmann::json& in = got["in"];
  EXPECT_EQ(in["panoptic"]["All"].dump(), R"({"n":2,"pq":100.0,"rq":100.0,"sq":100.0})");
  EXPECT_EQ(in["panoptic"]["per_class"][1].dump(),
            R"({"fn":0,"fp":0,"name":"tree","pq":100.0,"rq":100.0,"sq":100.0,"tp":1})");
  EXPECT_TRUE(in["instances"]["masks"]["Unseen"]["AP"].is_null());
  EXPECT_EQ(in["instances"]["boxes"]["per_class"][0]["truths"].dump(), "1");
  EXPECT_EQ(in["semantic"]["All"]["mIoU"], 100);
  EXPECT_FALSE(got.contains("out"));
}

TEST(PictureRank, TakesTheFirstScoreThatThereIs) {
  PictureScores scores = scores_of(20);
  EXPECT_STREQ(picture_rank(scores).metric, "PQ");
  EXPECT_NEAR(picture_rank(scores).value, 77.5, 1e-10);
  scores.panoptic = {};
  EXPECT_STREQ(picture_rank(scores).metric, "pixel accuracy");
  EXPECT_NEAR(picture_rank(scores).value, 87.5, 1e-10);
  scores.semantic = SemanticScore(2);
  EXPECT_STREQ(picture_rank(scores).metric, "mask AP");
  EXPECT_NEAR(picture_rank(scores).value, 70, 1e-10);
  EXPECT_LT(picture_rank(PictureScores(2)).value, 0);
}

}  // namespace summary_test
}  // namespace fcclip::eval
