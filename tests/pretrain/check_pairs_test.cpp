#include "fcclip/pretrain/check_pairs.h"

#include <gtest/gtest.h>

namespace fcclip::pretrain {
namespace check_pairs_test {

TEST(PairReports, HaveALineOfCountsAndEveryProblem) {
  const PairReport report{3, 5, 2, 24, 640, {"a.png: broken", "b.png: missing"}};
  EXPECT_EQ(pair_report_text(report),
            "3 pictures, 5 captions, 2 names, sides 24 to 640 px\n"
            "problem: a.png: broken\n"
            "problem: b.png: missing\n");
}

}  // namespace check_pairs_test
}  // namespace fcclip::pretrain
