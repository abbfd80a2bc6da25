#include "fcclip/runs/run_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "fcclip/core/counted.h"
#include "fcclip/core/listed.h"
#include "fcclip/runs/threads_beside.h"

namespace fcclip::runs {
namespace {

// Two digits that mean something.
std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  const char* pattern = seconds >= 9.95 ? "%.0f s" : seconds >= 0.095 ? "%.2f s" : "%.3f s";
  std::snprintf(text.data(), text.size(), pattern, seconds);
  return text.data();
}

std::string rate_text(int64_t count, double seconds) {
  std::array<char, 48> text{};
  const double rate = static_cast<double>(count) / seconds;
  if (rate >= 1) {
    std::snprintf(text.data(), text.size(), "%.1f/s", rate);
  } else {
    std::snprintf(text.data(), text.size(), "%.1f s each", 1 / rate);
  }
  return text.data();
}

}  // namespace

std::string timing_line(const Timing& timing) {
  std::string line;
  for (const TimedStep& step : timed_steps()) {
    const double seconds = timing.*step.seconds;
    if (seconds <= 0) continue;
    add_to_list(line, step.shown + (" " + seconds_text(seconds)));
  }
  return line;
}

std::string run_line(const SegmentRun& run) {
  const ThreadsBeside beside = threads_beside(run.workers());
  Timing total = run.total();
  total.decode /= static_cast<double>(beside.before);
  total.draw /= static_cast<double>(beside.behind);
  total.write /= static_cast<double>(beside.behind);
  for (double Timing::*of_workers : {&Timing::network, &Timing::ask, &Timing::wait}) {
    total.*of_workers /= static_cast<double>(run.workers());
  }
  const Timing& before = run.before();
  const int64_t done = run.count().done;
  const double seconds = run.seconds();
  std::string line = counted(done, "picture", "pictures") + " in " + seconds_text(seconds) + ", " +
                     rate_text(done, seconds) + ":";
  for (const TimedStep& step : timed_steps()) {
    if (step.seconds == &Timing::load || step.seconds == &Timing::words) continue;
    const double share = 100 * (total.*step.seconds) / seconds;
    if (share < 0.5) continue;
    line += (line.back() == ':' ? " " : ", ") +
            (step.shown + (" " + std::to_string(std::min(100L, std::lround(share))) + " %"));
  }
  line += " of the time, partly at once; before that loading " + seconds_text(before.load) +
          ", words " + seconds_text(before.words);
  return line;
}

std::string picture_line(const std::string& picture, const results::Segmentation& result) {
  return picture + ": " + std::to_string(result.size.width) + "x" +
         std::to_string(result.size.height) + ", " +
         counted(std::ssize(result.segments()), "segment", "segments");
}

}  // namespace fcclip::runs
