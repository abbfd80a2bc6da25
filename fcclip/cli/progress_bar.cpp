#include "fcclip/cli/progress_bar.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/duration.h"

namespace fcclip::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kQuiet = 0.3;  // seconds: what is over by then needs no bar

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.1f" : "%.0f", value);
  return text;
}

}  // namespace

std::string progress_text(const ProgressCount& count, const std::string& unit, double seconds) {
  constexpr int64_t kWidth = 24;
  const auto [done, total, first] = count;
  const int64_t filled = total > 0 ? std::min(kWidth, kWidth * done / total) : 0;
  std::string text = "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " +
                     std::to_string(done) + "/" + std::to_string(total) + " " + unit;
  if (done > first && seconds > 0) {
    const double rate = static_cast<double>(done - first) / seconds;
    text +=
        rate >= 1 ? ", " + rounded(rate) + " " + unit + "/s" : ", " + rounded(1 / rate) + " s each";
    text += ", " + duration_text(static_cast<double>(total - done) / rate) + " left";
  }
  return text;
}

ProgressBar::ProgressBar(std::string label, int64_t total, std::string unit, int64_t first)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      first_(first),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      drawn_(start_ - std::chrono::seconds(1)) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::update(int64_t done, const std::string& note) {
  if (!terminal_ || (done < total_ && seconds_since(drawn_) < 0.1)) return;
  if (!shown_ && seconds_since(start_) < kQuiet) return;
  drawn_ = Clock::now();
  shown_ = true;
  const std::string text = progress_text({done, total_, first_}, unit_, seconds_since(start_));
  std::fprintf(stderr, "\r\033[K%s %s%s%s", label_.c_str(), text.c_str(), note.empty() ? "" : ", ",
               note.c_str());
  std::fflush(stderr);
}

Progress bar_until_stopped(const std::string& label, const std::string& unit) {
  return [label, unit, bar = std::shared_ptr<ProgressBar>()](int64_t done, int64_t total) mutable {
    if (!bar && total > 0) bar = std::make_shared<ProgressBar>(label, total, unit, done);
    if (bar) bar->update(done);
    return !stop_signal();
  };
}

void ProgressBar::clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace fcclip::cli
