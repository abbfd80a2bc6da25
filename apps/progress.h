#pragma once
// A progress bar with rate and time left, on a terminal's stderr only; silent otherwise.

#include <chrono>
#include <cstdint>
#include <string>

namespace fcclip::apps {

class Progress {
 public:
  /// unit: what is counted, in the plural ("images").
  Progress(std::string label, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(int64_t done);
  /// Removes the bar so that other lines can be printed; the next update draws it again.
  void clear();

 private:
  std::string label_, unit_;
  int64_t total_;
  bool shown_ = false, terminal_;
  std::chrono::steady_clock::time_point start_, drawn_;
};

/// "[#####.....] 12/30 images, 3.1 images/s, 6 s left" without the label; for tests.
std::string progress_text(int64_t done, int64_t total, const std::string& unit, double seconds);

}  // namespace fcclip::apps
