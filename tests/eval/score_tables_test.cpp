#include "fcclip/eval/score_tables.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/eval/evaluation_text.h"
#include "tests/eval/two_regions.h"

namespace fcclip::eval {
namespace score_tables_test {

TEST(ScoreTables, ClassesThatDoNotOccurHaveNoLineOfTheirOwn) {
  PanopticScore score;
  score.categories = {{"1", "person", true}, {"2", "tree", false}, {"3", "cat", true}};
  score.quality.add_counts(0, {.iou = 0.8, .true_positives = 1});
  score.quality.add_counts(1, {.false_positives = 1});
  EXPECT_EQ(score_table(score),
            "                              PQ      SQ      RQ       n\n"
            "All                        40.00   40.00   50.00  2\n"
            "Things                     80.00   80.00  100.00  1\n"
            "Stuff                       0.00    0.00    0.00  1\n"
            "person                     80.00   80.00  100.00\n"
            "tree                        0.00    0.00    0.00\n");
}

TEST(ScoreTables, WhatHasNoNumberIsADash) {
  SemanticScore score(2, false);
  score.add(at::zeros({2, 2}, at::kInt), at::zeros({2, 2}, at::kInt), 255);
  const std::string table = score_table(score, {"person", "a name longer than the column is"});
  EXPECT_NE(table.find("\nAll                       100.00  100.00  100.00  100.00\n"),
            std::string::npos)
      << table;
  EXPECT_TRUE(table.ends_with("\na name longer than the column is       -       -       -\n"))
      << table;
}

TEST(ScoreTables, OfCityscapesHaveOnlyWhatWasScored) {
  EXPECT_EQ(score_table(CityscapesScore()), "");
}

TEST(ScoreTables, BoxesAloneWhereTheTruthHasNoMasks) {
  InstanceScore score;
  score.has_masks = false;
  const std::string table = score_table(score);
  EXPECT_EQ(table.find("masks"), std::string::npos);
  EXPECT_NE(table.find("\nboxes "), std::string::npos);
}

TEST(EvaluationText, HasALineAGroupThatWasMeasured) {
  EvaluationScores scores{"two regions", 1, {}};
  scores.classifiers["in"].panoptic = ScoreTable{
      {{"pq"}, {"sq"}, {"rq"}}, {}, {{"All", {20.5, 70.0, {}}}, {"Seen", {{}, {}, {}}}}, {}};
  EXPECT_TRUE(evaluation_text(scores).starts_with(
      "two regions, 1 image\n"
      " in\n"
      "  panoptic All                pq  20.50  sq  70.00  rq      -\n"))
      << evaluation_text(scores);
}

TEST(EvaluationText, ASweepHasAStarAtItsBestRow) {
  SweepScores sweep{{{Setting::alpha, {0.2, 0.4}}}, {}, 0};
  for (const auto& [alpha, column] : {std::pair(0.2, 20), std::pair(0.4, 16)}) {
    sweep.rows.push_back({{alpha}, two_regions::summary_of(two_regions::scores_of(column))});
  }
  sweep.best = 1;
  const std::string text = sweep_text(sweep);
  EXPECT_TRUE(text.starts_with("Panoptic\n    alpha      pq ")) << text;
  EXPECT_NE(text.find("\n *    0.4  100.00 "), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\nbest PQ: alpha 0.4\n")) << text;
}

TEST(EvaluationText, MissedFiguresAreTheEnsemblesAndNameTheDataSet) {
  EvaluationScores scores{"two regions", 1, {}};
  scores.classifiers["ensemble"].panoptic = ScoreTable{{{"pq"}}, {}, {{"All", {20.5}}}, {}};
  scores.classifiers["in"].panoptic = ScoreTable{{{"pq"}}, {}, {{"All", {50.0}}}, {}};
  const auto missed = missed_figures(parse_expectations("PQ>=30"), scores, "two");
  ASSERT_EQ(missed.size(), 1u);
  EXPECT_TRUE(missed[0].starts_with("two: PQ is 20.5")) << missed[0];
  EXPECT_TRUE(missed_figures(parse_expectations("PQ>=20"), scores, "two").empty());
}

}  // namespace score_tables_test
}  // namespace fcclip::eval
