// One picture's answer scored, kept, and added again.

#include "fcclip/eval/picture_scores.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/eval/two_regions.h"

namespace fcclip::eval {
namespace {

using two_regions::answer;
using two_regions::scores_of;
using two_regions::split_at;
using two_regions::summary_of;
using two_regions::truth;
using two_regions::words;

TEST(PictureScores, TheTruthItselfScores100) {
  const RunSummary all = summary_of(scores_of(16));
  EXPECT_EQ(*all.panoptic->value("All", "pq"), 100);
  EXPECT_EQ(*all.panoptic->value("class_agnostic", "pq"), 100);
  EXPECT_NEAR(*all.masks->value("All", "AP"), 100, 1e-10);
  EXPECT_NEAR(*all.boxes->value("All", "AP"), 100, 1e-10);
  EXPECT_EQ(*all.semantic->value("All", "mIoU"), 100);
}

// The border four columns to the right. PQ 0.775 as panopticapi's pq_compute gives it for these two
// maps, mask AP as pycocotools' COCOeval; IoU 0.8 and 0.75 follow from the columns.
TEST(PictureScores, AShiftedAnswerScoresAsTheOfficialToolsSay) {
  const RunSummary all = summary_of(scores_of(20));
  EXPECT_NEAR(*all.panoptic->value("All", "pq"), 77.5, 1e-10);
  EXPECT_NEAR(*all.panoptic->value("Seen", "pq"), 80, 1e-10);
  EXPECT_NEAR(*all.panoptic->value("Unseen", "pq"), 75, 1e-10);
  EXPECT_NEAR(*all.masks->value("All", "AP"), 70, 1e-10);
  EXPECT_NEAR(*all.semantic->value("All", "mIoU"), 77.5, 1e-10);
  EXPECT_NEAR(*all.semantic->value("All", "pACC"), 87.5, 1e-10);
}

TEST(PictureScores, WrongNamesKeepTheAgnosticQuality) {
  PictureScores scores(2);
  PictureAnswer swapped = answer(20);
  std::swap(swapped.panoptic->segments[0].class_index, swapped.panoptic->segments[1].class_index);
  score_answer(scores, truth(), swapped, 0, "a.png");
  const RunSummary all = summary_of(scores);
  EXPECT_EQ(*all.panoptic->value("All", "pq"), 0);
  EXPECT_NEAR(*all.panoptic->value("class_agnostic", "pq"), 77.5, 1e-10);
}

TEST(PictureScores, AreTheSameAfterTheirRecordIsAdded) {
  const PictureScores scores = scores_of(19);
  PictureScores again(2);
  add_record(again, to_record(scores));
  for (const char* metric : {"pq", "sq", "rq"}) {
    EXPECT_EQ(summary_of(again).panoptic->value("All", metric),
              summary_of(scores).panoptic->value("All", metric));
  }
  EXPECT_EQ(again.masks.summary().numbers(), scores.masks.summary().numbers());
  EXPECT_EQ(again.boxes.summary().numbers(), scores.boxes.summary().numbers());
  EXPECT_EQ(again.semantic.confusion(), scores.semantic.confusion());
  EXPECT_EQ(again.semantic.boundary_confusion(), scores.semantic.boundary_confusion());
}

TEST(PictureScores, ARecordHoldsOnlyWhatIsNotZero) {
  const ScoreRecord record = to_record(scores_of(16));
  ASSERT_EQ(record.confusion.size(), 2u);  // both classes against themselves
  EXPECT_EQ(record.confusion[0].cell, 0);
  EXPECT_EQ(record.confusion[1].cell, 4);  // of 3 x 3 cells
  EXPECT_EQ(record.confusion[0].count, test::kHeight * 16);
}

TEST(PictureScores, ARecordOfMoreClassesIsRefused) {
  ScoreRecord record = to_record(scores_of(16));
  record.confusion.push_back({9, 1});
  PictureScores scores(2);
  try {
    add_record(scores, record);
    FAIL() << "added";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(error.what()).find("cell 9 of 9"), std::string::npos) << error.what();
  }
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
  EXPECT_LT(*summary_of(complete).masks->value("All", "AP"), 60);
  federated.instances->incomplete_classes = {0};
  score_answer(incomplete, federated, more, 0, "a.png");
  EXPECT_NEAR(*summary_of(incomplete).masks->value("All", "AP"), 100, 1e-10);
}

TEST(TrueNames, GiveEachMaskTheRegionItOverlapsMost) {
  segmenter::EncodedImage image{{24, 32}, {24, 32}, {32, 32}};
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
