// The rules of Cityscapes' AP that COCO's lacks, one by one; all of them together in
// score_cityscapes_test.cpp.

#include "fcclip/eval/cityscapes_instances.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace fcclip::eval {
namespace cityscapes_instances_test {

constexpr int kCar = 26, kCarPlace = 2, kPerson = 24, kPersonPlace = 0;
constexpr int64_t kSide = 40;

at::Tensor road() {
  return at::full({kSide, kSide}, 7, at::kInt);
}

// The rows [top, bottom) of the left half get the id.
void paint(at::Tensor& ids, int64_t top, int64_t bottom, int64_t id) {
  ids.slice(0, top, bottom).slice(1, 0, kSide / 2).fill_(id);
}

at::Tensor mask(int64_t top, int64_t bottom) {
  at::Tensor ids = at::zeros({kSide, kSide}, at::kInt);
  paint(ids, top, bottom, 1);
  return ids.to(at::kByte);
}

struct Guess {
  int label;
  double confidence;
  at::Tensor mask;
};

CityscapesAp scored(const at::Tensor& ids, const std::vector<Guess>& guesses) {
  CityscapesInstances picture(ids, "truth.png");
  for (const Guess& one : guesses) picture.add(one.label, one.confidence, one.mask);
  CityscapesAp sums;
  picture.score(sums);
  return sums;
}

// Right and wrong at IoU 0.5 of the only car.
std::pair<int, int> counts_at_half(const CityscapesAp& ap) {
  int right = 0, wrong = 0;
  for (const CityscapesAp::Scored& one : ap.results()[kCarPlace].found) {
    right += one.right & 1;
    wrong += one.wrong & 1;
  }
  return {right, wrong};
}

at::Tensor one_car() {
  at::Tensor ids = road();
  paint(ids, 0, 10, 26000);  // 200 pixels
  return ids;
}

TEST(CityscapesInstances, TheTruthItselfIsWhole) {
  const CityscapesAp ap = scored(one_car(), {{kCar, 0.3, mask(0, 10)}});
  EXPECT_EQ(ap.ap(kCarPlace), 1);
  EXPECT_TRUE(std::isnan(ap.ap(kPersonPlace)));  // none to be found
  EXPECT_EQ(scored(one_car(), {}).ap(kCarPlace), 0);
}

TEST(CityscapesInstances, AMatchIsStrictlyAbove) {
  // 200 of 400 pixels: IoU 0.5.
  EXPECT_EQ(counts_at_half(scored(one_car(), {{kCar, 1, mask(0, 20)}})), std::make_pair(0, 1));
  EXPECT_EQ(counts_at_half(scored(one_car(), {{kCar, 1, mask(0, 19)}})), std::make_pair(1, 0));
}

TEST(CityscapesInstances, OfSeveralMatchesTheMostConfidentIsRight) {
  const CityscapesAp ap = scored(
      one_car(), {{kCar, 0.5, mask(0, 10)}, {kCar, 0.9, mask(0, 9)}, {kCar, 0.7, mask(0, 10)}});
  const auto& found = ap.results()[kCarPlace].found;
  EXPECT_EQ(found[0].wrong & 1, 1);
  EXPECT_EQ(found[1].right & 1, 1);
  EXPECT_EQ(found[2].wrong & 1, 1);
  EXPECT_EQ(found[2].right, 1 << 8 | 1 << 9);  // from 0.9 on only the whole ones match
  EXPECT_EQ(ap.results()[kCarPlace].truths, 1);
}

TEST(CityscapesInstances, TruthsBelowAHundredPixelsAreNotSought) {
  at::Tensor ids = one_car();
  paint(ids, 20, 24, 26001);  // 80 pixels
  const CityscapesAp ap = scored(ids, {{kCar, 1, mask(20, 24)}});
  EXPECT_EQ(ap.results()[kCarPlace].truths, 1);
  EXPECT_EQ(counts_at_half(ap), std::make_pair(0, 0));  // neither right nor wrong
}

TEST(CityscapesInstances, GroupsAndVoidExcuse) {
  at::Tensor ids = one_car();
  paint(ids, 20, 30, kCar);  // a group of 200 pixels
  paint(ids, 30, 40, 4);     // static: void
  const auto counts = [&](const at::Tensor& guess) {
    return counts_at_half(scored(ids, {{kCar, 1, guess}}));
  };
  EXPECT_EQ(counts(mask(20, 30)), std::make_pair(0, 0));  // the group itself
  EXPECT_EQ(counts(mask(25, 35)), std::make_pair(0, 0));  // half in it, half void
  EXPECT_EQ(counts(mask(14, 26)), std::make_pair(0, 1));  // half in it is not more than half
  EXPECT_EQ(counts(mask(12, 20)), std::make_pair(0, 1));  // on the road
  paint(ids, 30, 40, 29000);                              // a caravan of its own is no void
  EXPECT_EQ(counts(mask(31, 40)), std::make_pair(0, 1));
}

TEST(CityscapesInstances, ASmallGroupCountsTwice) {
  at::Tensor ids = one_car();
  paint(ids, 20, 24, kCar);  // 80 pixels
  // A third of the mask lies in the group.
  EXPECT_EQ(counts_at_half(scored(ids, {{kCar, 1, mask(16, 24)}})), std::make_pair(0, 0));
  paint(ids, 20, 25, kCar);  // 100 pixels: large enough, 80 of 160 are not more than half
  EXPECT_EQ(counts_at_half(scored(ids, {{kCar, 1, mask(16, 24)}})), std::make_pair(0, 1));
}

TEST(CityscapesInstances, EmptyMasksAndOtherClassesArePassedOver) {
  const CityscapesAp ap =
      scored(one_car(), {{kCar, 1, mask(0, 0)}, {7, 1, mask(0, 10)}, {29, 1, mask(0, 10)}});
  for (const auto& result : ap.results()) EXPECT_TRUE(result.found.empty());
}

TEST(CityscapesInstances, RunLengthsCountAsMasks) {
  const at::Tensor guess = mask(2, 13);
  CityscapesInstances a(one_car(), ""), b(one_car(), "");
  a.add(kCar, 0.5, guess);
  b.add(kCar, 0.5, results::from_mask(guess));
  CityscapesAp by_mask, by_runs;
  a.score(by_mask);
  b.score(by_runs);
  EXPECT_EQ(by_mask.results()[kCarPlace].found[0].right,
            by_runs.results()[kCarPlace].found[0].right);
  EXPECT_NE(by_runs.results()[kCarPlace].found[0].right, 0);
}

// Precision 1 up to half of the truths, then 1/2 up to all of them: by hand, with the artificial
// point at recall 0.
TEST(CityscapesAp, SumsStepsOfRecall) {
  CityscapesAp ap;
  ap.add(kCarPlace, {2, {{0.9, 1, 0}, {0.8, 0, 1}, {0.8, 0, 1}, {0.7, 1, 0}}});
  // Recalls 0, ½, ½, 1; precisions 1, 1, ⅓, ½; each with half the way to its neighbours.
  EXPECT_NEAR(ap.ap50(kCarPlace), 1 * 0.25 + 1 * 0.25 + 1. / 3 * 0.25 + 0.5 * 0.25, 1e-15);
}

TEST(CityscapesAp, OrderChangesNothing) {
  const std::vector<Guess> guesses = {{kCar, 0.5, mask(0, 10)},
                                      {kCar, 0.5, mask(0, 9)},
                                      {kCar, 0.9, mask(1, 30)},
                                      {kPerson, 0.5, mask(0, 10)}};
  std::vector<Guess> turned(guesses.rbegin(), guesses.rend());
  const CityscapesAp a = scored(one_car(), guesses), b = scored(one_car(), turned);
  for (int t = 0; t < CityscapesAp::kThresholds; ++t) {
    EXPECT_EQ(a.precision(kCarPlace, t), b.precision(kCarPlace, t));
  }
}

TEST(CityscapesInstances, BadInputIsNamed) {
  EXPECT_ERROR(bad_format, "truth.png: the value 40001",
               CityscapesInstances(at::full({2, 2}, 40001, at::kInt), "truth.png"));
  EXPECT_ERROR(bad_format, "the value 255",
               CityscapesInstances(at::full({2, 2}, 255, at::kInt), "truth.png"));
  CityscapesInstances picture(one_car(), "truth.png");
  EXPECT_ERROR(shape_mismatch, "a mask of 3x2 pixels, but the truth has 40x40",
               picture.add(kCar, 1, at::ones({2, 3}, at::kByte)));
}

}  // namespace cityscapes_instances_test
}  // namespace fcclip::eval
