#include "fcclip/eval/flat_scores.h"

#include <gtest/gtest.h>

#include "fcclip/eval/evaluation_target.h"
#include "fcclip/eval/score_text.h"
#include "tests/support/errors.h"

namespace fcclip::eval {
namespace flat_scores_test {

RunSummary summary() {
  RunSummary out;
  out.panoptic = ScoreTable{{{"pq"}, {"sq"}, {"rq"}, {"n", true}},
                            {},
                            {{"All", {20.5, 70.0, 30.0, 4.0}},
                             {"Things", {10.0, 60.0, 15.0, 2.0}},
                             {"Unseen", {{}, {}, {}, 0.0}},
                             {"class_agnostic", {44.0, 80.0, 55.0, 1.0}}},
                            {}};
  out.boxes = ScoreTable{{{"AP"}, {"AP50"}}, {}, {{"All", {5.0, 9.0}}}, {}};
  out.semantic = ScoreTable{{{"mIoU"}, {"pACC"}}, {}, {{"All", {31.0, 62.0}}}, {}};
  return out;
}

TEST(FlatScores, NamesWhatHasANumber) {
  const std::map<std::string, double> want = {
      {"PQ", 20.5},     {"SQ", 70},    {"RQ", 30},      {"PQ_th", 10}, {"SQ_th", 60}, {"RQ_th", 15},
      {"PQ_masks", 44}, {"box_AP", 5}, {"box_AP50", 9}, {"mIoU", 31},  {"pACC", 62}};
  EXPECT_EQ(flat_scores(summary()), want);
}

TEST(Expectations, AreReadInEveryForm) {
  const auto all = parse_expectations("pq>=20, ade20k_150:mIoU = 30.5+-0.25,AP<3,");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].metric, "pq");
  EXPECT_EQ(all[0].sign, ">=");
  EXPECT_EQ(all[1].data_set, "ade20k_150");
  EXPECT_EQ(all[1].sign, "=");
  EXPECT_EQ(all[1].value, 30.5);
  EXPECT_EQ(all[1].tolerance, 0.25);
  EXPECT_EQ(all[2].sign, "<");
  EXPECT_TRUE(parse_expectations("").empty());
}

TEST(Expectations, MistakesAreQuoted) {
  EXPECT_ERROR(invalid_argument, "expected figure PQ: write PQ>=20", parse_expectations("PQ"));
  EXPECT_ERROR(invalid_argument, "\"x\" is no number", parse_expectations("PQ>=x"));
  EXPECT_ERROR(invalid_argument, "+- belongs to a figure with =", parse_expectations("PQ>1+-2"));
  EXPECT_ERROR(invalid_argument, "no metric 'mIOUs' (did you mean mIoU?)",
               parse_expectations("mIOUs>=3"));
  EXPECT_ERROR(invalid_argument, "expected figure >=3", parse_expectations(">=3"));
}

TEST(Expectations, WhatIsMissedIsSaidAndWhatIsReachedIsNot) {
  const auto scores = flat_scores(summary());
  const auto missed_by = [&](const char* text) {
    return missed(parse_expectations(text), scores, "coco_panoptic");
  };
  EXPECT_TRUE(missed_by("pq>=20.5,pq<=20.5,MIOU>30,sq<71,pq=20+-0.5,lvis:pq>99").empty());
  EXPECT_EQ(missed_by("pq>=21"), std::vector<std::string>{"PQ is 20.5, expected >=21"});
  EXPECT_EQ(
      missed_by("coco_panoptic:miou=30+-0.5,pq>20.5"),
      (std::vector<std::string>{"mIoU is 31, expected =30+-0.5", "PQ is 20.5, expected >20.5"}));
  const auto unknown = missed_by("AP>1");
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].substr(0, 22), "there is no AP, only P");
}

std::vector<EvaluationTarget> two_targets() {
  std::vector<EvaluationTarget> targets(2);
  targets[0].name = "ade20k_150";
  targets[1].name = "voc20";
  targets[1].options.panoptic = targets[1].options.instances = false;
  return targets;
}

TEST(Expectations, OfAnAliasAreTheDataSets) {
  const auto scores = flat_scores(summary());
  for (const char* name : {"ade20k", "ADE20K-150", "a150"}) {
    const auto expected = parse_expectations(std::string(name) + ":PQ>99");
    check_expectations(expected, two_targets());
    EXPECT_EQ(missed(expected, scores, "ade20k_150").size(), 1u) << name;
    EXPECT_TRUE(missed(expected, scores, "voc20").empty()) << name;
  }
}

TEST(Expectations, ThatNothingCouldReachAreRefusedBefore) {
  const auto check = [](const char* text) {
    check_expectations(parse_expectations(text), two_targets());
  };
  check("mIoU>1,voc20:fwIoU>1,ade20k_150:box_AP>1");
  EXPECT_ERROR(invalid_argument, "coco:PQ: that data set is not evaluated, only ade20k_150, voc20",
               check("coco:PQ>1"));
  EXPECT_ERROR(invalid_argument,
               "PQ: voc20 is not measured by it, its tasks are semantic; name the data set",
               check("PQ>1"));
  EXPECT_ERROR(invalid_argument, "cityscapes_AP: ade20k_150 is not measured by it",
               check("ade20k_150:cityscapes_AP>1"));
}

TEST(ScoreText, SurvivesTheWay) {
  PictureScores scores(2);
  MatchCounts counts{0.1 + 0.2, 3, 1, 2};
  scores.panoptic.add_counts(1, counts);
  const classify::Vocabulary words{"two", {{1, {"a"}}, {2, {"b"}}}};
  const ScoreRecord again = score_record(to_text(to_record(scores), words));
  EXPECT_EQ(again.panoptic.at(1).iou, 0.1 + 0.2);
  EXPECT_EQ(again.panoptic.at(1).false_negatives, 2);
  EXPECT_ERROR(bad_format, "not JSON", score_record("{"));
}

}  // namespace flat_scores_test
}  // namespace fcclip::eval
