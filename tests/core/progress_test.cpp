#include "fcclip/core/progress.h"

#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip {
namespace {

TEST(ReportProgress, TellsWhatIsDoneAndGoesOn) {
  std::pair<int64_t, int64_t> told;
  const Progress progress = [&](int64_t done, int64_t total) {
    told = {done, total};
    return true;
  };
  report_progress(progress, 3, 10, "pictures");
  EXPECT_EQ(told, std::pair(int64_t{3}, int64_t{10}));
}

TEST(ReportProgress, StopIsAnInterruption) {
  const auto stop = [](int64_t, int64_t) { return false; };
  try {
    report_progress(stop, 3, 10, "pictures");
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_STREQ(error.what(), "stopped after 3 of 10 pictures");
  }
}

TEST(ReportProgress, NobodyAsksNobodyStops) {
  EXPECT_NO_THROW(report_progress({}, 0, 1, "pictures"));
}

}  // namespace
}  // namespace fcclip
