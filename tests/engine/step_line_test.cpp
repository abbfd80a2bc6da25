#include "fcclip/engine/step_line.h"

#include <gtest/gtest.h>

namespace fcclip::engine {
namespace {

TEST(StepLine, HasTheKnownNumbersInTheirOrderAndTheTimeLeft) {
  StepReport now{Moment::step, 20, 400, 2, 0, {{"learning_rate", 1e-4}, {"loss", 45.1234}}};
  now.numbers["gradient_norm"] = 3;
  EXPECT_EQ(step_line(now), "step 20/400  loss 45.123  rate 0.0001  2.00 steps/s  3 min 10 s left");
  now.step = 400;
  EXPECT_EQ(step_line(now), "step 400/400  loss 45.123  rate 0.0001  2.00 steps/s");
}

TEST(StepLine, OfAnEvaluationHasItsScoresAlone) {
  const StepReport now{Moment::evaluation, 20, 400, 2, 0, {{"PQ", 12.34}, {"mIoU", 5}}};
  EXPECT_EQ(step_line(now), "step 20/400  PQ 12.3  mIoU 5.0");
}

}  // namespace
}  // namespace fcclip::engine
