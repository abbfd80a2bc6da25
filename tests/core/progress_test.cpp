#include "fcclip/core/progress.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/core/shared_progress.h"
#include "tests/support/errors.h"

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

TEST(SharedProgress, AStopIsAskedForOnceAndEndsAll) {
  int64_t asked = 0;
  const Progress until_three = [&](int64_t done, int64_t total) {
    EXPECT_EQ(done, ++asked);
    EXPECT_EQ(total, 100);
    return done < 3;
  };
  SharedProgress progress(until_three, 100, "parts");
  std::atomic<int64_t> went_on = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (progress.go_on()) ++went_on;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(went_on, 2);
  EXPECT_ERROR(interrupted, "stopped after 3 of 100 parts", progress.check());
}

TEST(SharedProgress, NobodyAsksNobodyStops) {
  const Progress none;
  SharedProgress progress(none, 1, "parts");
  EXPECT_TRUE(progress.go_on() && progress.go_on());
  EXPECT_NO_THROW(progress.check());
}

TEST(ReportProgress, NobodyAsksNobodyStops) {
  EXPECT_NO_THROW(report_progress({}, 0, 1, "pictures"));
}

}  // namespace
}  // namespace fcclip
