#pragma once
// A progress bar with rate and time left, on a terminal's stderr only; silent otherwise.

#include <chrono>
#include <cstdint>
#include <string>

#include "fcclip/core/progress.h"

namespace fcclip::cli {

class ProgressBar {
 public:
  /// unit: what is counted, in the plural ("images"). first: done before this run, no part of the
  /// rate.
  ProgressBar(std::string label, int64_t total, std::string unit, int64_t first = 0);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Draws ten times a second at most, and not in the first moments.
  /// note: shown behind the rate, e.g. the loss.
  void update(int64_t done, const std::string& note = "");
  /// Removes the bar so that other lines can be printed; the next update draws it again.
  void clear();

 private:
  std::string label_, unit_;
  int64_t total_, first_;
  bool shown_ = false, terminal_;
  std::chrono::steady_clock::time_point start_, drawn_;
};

/// For work of the library: draws a bar from the first report on (what is done by then came from an
/// earlier run or a cache), and says stop once a signal came. The bar goes with the last copy.
Progress bar_until_stopped(const std::string& label, const std::string& unit);

/// What the bar says: `done` of `total`, `first` of them before `seconds` ago.
struct ProgressCount {
  int64_t done = 0, total = 0, first = 0;
};
/// "[#####.....] 12/30 images, 3.1 images/s, 6 s left" without the label; for tests.
std::string progress_text(const ProgressCount& count, const std::string& unit, double seconds);

}  // namespace fcclip::cli
