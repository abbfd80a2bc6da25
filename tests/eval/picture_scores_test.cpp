// One picture's answer scored, kept as JSON, and read again.

#include "fcclip/eval/picture_scores.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fcclip/eval/answer.h"
#include "fcclip/eval/summary.h"
#include "tests/data/miniature.h"

namespace fcclip::eval {
namespace {

classify::Vocabulary words() {
  return {"two", {{1, {"person"}, true}, {184, {"tree"}, false}}};
}

// Person left of the column, tree right of it.
at::Tensor split_at(int64_t column) {
  at::Tensor ids = at::full({test::kHeight, test::kWidth}, 1, at::kInt);
  ids.slice(1, column).fill_(2);
  return ids;
}

PictureTruth truth() {
  PictureTruth truth;
  const int64_t half = test::kHeight * test::kWidth / 2;
  truth.panoptic = PanopticMap{split_at(16), {{1, 0, half, false}, {2, 1, half, false}}};
  truth.instances = instances_of(*truth.panoptic, words());
  truth.labels = split_at(16) - 1;
  return truth;
}

PictureAnswer answer(int64_t column) {
  PictureAnswer answer;
  const int64_t left = test::kHeight * column, all = test::kHeight * test::kWidth;
  answer.panoptic = results::PanopticSegmentation{
      split_at(column),
      {{1, 0, true, 0, 0.5, left, {0, 0, column, 24}}, {2, 1, false, 1, 0.5, all - left}}};
  results::Segment person;
  person.score = 0.5;
  person.area_px = left;
  person.box_xywh_px = {0, 0, column, test::kHeight};
  person.rle_counts = results::from_mask(split_at(column).eq(1)).counts;
  answer.instances = results::InstanceSegmentation{{person}};
  answer.labels = split_at(column) - 1;
  return answer;
}

PictureScores scores_of(int64_t column) {
  PictureScores scores(2);
  score_answer(scores, truth(), answer(column), 0, "a.png");
  return scores;
}

nlohmann::json summary_of(const PictureScores& scores) {
  const classify::Vocabulary vocabulary = words();
  const std::vector<bool> seen = {true, false};
  return summarise(scores, {vocabulary, seen});
}

TEST(PictureScores, TheTruthItselfScores100) {
  const nlohmann::json all = summary_of(scores_of(16));
  EXPECT_EQ(all["panoptic"]["All"]["pq"], 100);
  EXPECT_EQ(all["panoptic"]["class_agnostic"]["pq"], 100);
  EXPECT_NEAR(all["instances"]["masks"]["All"]["AP"].get<double>(), 100, 1e-10);
  EXPECT_NEAR(all["instances"]["boxes"]["All"]["AP"].get<double>(), 100, 1e-10);
  EXPECT_EQ(all["semantic"]["All"]["mIoU"], 100);
}

// The border four columns to the right. PQ 0.775 as panopticapi's pq_compute gives it for these two
// maps, mask AP as pycocotools' COCOeval; IoU 0.8 and 0.75 follow from the columns.
TEST(PictureScores, AShiftedAnswerScoresAsTheOfficialToolsSay) {
  const nlohmann::json all = summary_of(scores_of(20));
  EXPECT_NEAR(all["panoptic"]["All"]["pq"].get<double>(), 77.5, 1e-10);
  EXPECT_NEAR(all["panoptic"]["Seen"]["pq"].get<double>(), 80, 1e-10);
  EXPECT_NEAR(all["panoptic"]["Unseen"]["pq"].get<double>(), 75, 1e-10);
  EXPECT_NEAR(all["instances"]["masks"]["All"]["AP"].get<double>(), 70, 1e-10);
  EXPECT_NEAR(all["semantic"]["All"]["mIoU"].get<double>(), 77.5, 1e-10);
  EXPECT_NEAR(all["semantic"]["All"]["pACC"].get<double>(), 87.5, 1e-10);
}

TEST(PictureScores, WrongNamesKeepTheAgnosticQuality) {
  PictureScores scores(2);
  PictureAnswer swapped = answer(20);
  std::swap(swapped.panoptic->segments[0].class_index, swapped.panoptic->segments[1].class_index);
  score_answer(scores, truth(), swapped, 0, "a.png");
  const nlohmann::json all = summary_of(scores);
  EXPECT_EQ(all["panoptic"]["All"]["pq"], 0);
  EXPECT_NEAR(all["panoptic"]["class_agnostic"]["pq"].get<double>(), 77.5, 1e-10);
}

TEST(PictureScores, SurviveTheWayThroughText) {
  const PictureScores scores = scores_of(19);
  PictureScores again(2);
  add_record(again, nlohmann::json::parse(to_record(scores).dump()));
  EXPECT_EQ(summary_of(again), summary_of(scores));
  EXPECT_EQ(to_record(again), to_record(scores));
}

TEST(PictureScores, FederatedTruthForgivesWhatWasNotJudged) {
  PictureTruth federated = truth();
  federated.panoptic.reset();
  federated.instances->is_federated = true;
  federated.instances->judged_classes = {0};
  PictureAnswer more = answer(16);
  results::Segment unjudged = more.instances->segments.front();
  unjudged.class_index = 1;
  unjudged.score = 0.9;
  results::Segment unmarked = more.instances->segments.front();
  unmarked.rle_counts = results::from_mask(split_at(16).eq(2)).counts;
  unmarked.box_xywh_px = {16, 0, 16, 24};
  unmarked.score = 0.9;
  more.instances->segments = {unjudged, unmarked, more.instances->segments.front()};
  PictureScores complete(2), incomplete(2);
  score_answer(complete, federated, more, 0, "a.png");
  EXPECT_LT(summary_of(complete)["instances"]["masks"]["All"]["AP"].get<double>(), 60);
  federated.instances->incomplete_classes = {0};
  score_answer(incomplete, federated, more, 0, "a.png");
  EXPECT_NEAR(summary_of(incomplete)["instances"]["masks"]["All"]["AP"].get<double>(), 100, 1e-10);
}

TEST(TrueNames, GiveEachMaskTheRegionItOverlapsMost) {
  EncodedImage image{{24, 32}, {24, 32}, {32, 32}};
  image.mask_logits = at::full({3, 8, 8}, -1.0);
  image.mask_logits[0].slice(1, 0, 4).fill_(1);
  image.mask_logits[1].slice(1, 4, 8).fill_(1);
  const at::Tensor probs = true_names(image, true_regions(truth(), words()), 2).exp();
  EXPECT_NEAR(probs[0][0].item<double>(), 1, 1e-5);
  EXPECT_NEAR(probs[1][1].item<double>(), 1, 1e-5);
  EXPECT_NEAR(probs[2][2].item<double>(), 1, 1e-5);
}

}  // namespace
}  // namespace fcclip::eval
