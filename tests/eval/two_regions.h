#pragma once
// A picture of two segments, a person left and a tree right, and answers whose border lies
// elsewhere.

#include <ATen/ATen.h>

#include "fcclip/eval/answer.h"
#include "fcclip/eval/summary.h"
#include "tests/data/miniature.h"

namespace fcclip::eval::two_regions {

inline classify::Vocabulary words() {
  return {"two", {{1, {"person"}, true}, {184, {"tree"}, false}}};
}

// Person left of the column, tree right of it.
inline at::Tensor split_at(int64_t column) {
  at::Tensor ids = at::full({test::kHeight, test::kWidth}, 1, at::kInt);
  ids.slice(1, column).fill_(2);
  return ids;
}

inline PictureTruth truth() {
  PictureTruth truth;
  const int64_t half = test::kHeight * test::kWidth / 2;
  truth.panoptic = PanopticMap{split_at(16), {{1, 0, half, false}, {2, 1, half, false}}};
  truth.instances = instances_of(*truth.panoptic, words());
  truth.labels = split_at(16) - 1;
  return truth;
}

inline PictureAnswer answer(int64_t column) {
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

inline PictureScores scores_of(int64_t column) {
  PictureScores scores(2);
  score_answer(scores, truth(), answer(column), 0, "a.png");
  return scores;
}

inline RunSummary summary_of(const PictureScores& scores) {
  const classify::Vocabulary vocabulary = words();
  const std::vector<bool> seen = {true, false};
  return summarise(scores, {vocabulary, seen});
}

}  // namespace fcclip::eval::two_regions
