// What was found in a data set, for people.

#include <gtest/gtest.h>

#include "fcclip/train/check_data.h"

namespace fcclip::train {
namespace {

TEST(DataReports, HaveTheCommonestClassFirstAndEveryProblem) {
  const classify::Vocabulary words{"w", {{1, {"cat"}}, {2, {"dog"}}, {3, {"cow"}}}};
  DataReport report{2, 5, 0, {{0, 1}, {1, 4}}, 24, 640, 1, 4, {"a.png: broken"}};
  EXPECT_EQ(data_report_text(report, words),
            "2 pictures, 5 segments, 0 crowds, sides 24 to 640 px, 25.0 % void\n"
            "  dog 4  cat 1\n"
            "1 class never occurs\n"
            "problem: a.png: broken\n");
  report.problems.assign(52, "b.png: broken");
  EXPECT_TRUE(data_report_text(report, words).ends_with("problem: b.png: broken\n… and 2 more\n"));
}

}  // namespace
}  // namespace fcclip::train
