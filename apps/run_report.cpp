#include "apps/run_report.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace fcclip::apps {
namespace {

struct TimedStep {
  double Timing::*seconds;
  const char* key;
  const char* shown;
};

constexpr std::array<TimedStep, 8> kSteps = {{{&Timing::load, "load", "loading"},
                                              {&Timing::words, "words", "words"},
                                              {&Timing::decode, "decode", "decoding"},
                                              {&Timing::network, "network", "network"},
                                              {&Timing::ask, "ask", "answer"},
                                              {&Timing::draw, "draw", "drawing"},
                                              {&Timing::write, "write", "writing"},
                                              {&Timing::wait, "wait", "waiting"}}};

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

Timing& Timing::operator+=(const Timing& other) {
  for (const TimedStep& step : kSteps) this->*step.seconds += other.*step.seconds;
  return *this;
}

nlohmann::json to_json(const Timing& timing) {
  nlohmann::json out = nlohmann::json::object();
  for (const TimedStep& step : kSteps) {
    if (const double seconds = timing.*step.seconds; seconds > 0) out[step.key] = seconds;
  }
  return out;
}

std::string timing_line(const Timing& timing) {
  std::string line;
  for (const TimedStep& step : kSteps) {
    const double seconds = timing.*step.seconds;
    if (seconds <= 0) continue;
    line += (line.empty() ? "" : ", ") + (step.shown + (" " + seconds_text(seconds)));
  }
  return line;
}

std::string run_line(const RunCount& count, const Timing& before, const Timing& total,
                     double seconds) {
  std::string line = counted(count.done, "picture", "pictures") + " in " + seconds_text(seconds) +
                     ", " + rate_text(count.done, seconds) + ":";
  for (const TimedStep& step : kSteps) {
    if (step.seconds == &Timing::load || step.seconds == &Timing::words) continue;
    const double share = 100 * (total.*step.seconds) / seconds;
    if (share < 0.5) continue;
    line += (line.back() == ':' ? " " : ", ") +
            (step.shown + (" " + std::to_string(std::lround(share)) + " %"));
  }
  line += " of the time, partly at once; before that loading " + seconds_text(before.load) +
          ", words " + seconds_text(before.words);
  return line;
}

std::string counted(int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string picture_line(const std::string& picture, const results::Segmentation& result) {
  return picture + ": " + std::to_string(result.size.width) + "x" +
         std::to_string(result.size.height) + ", " +
         counted(std::ssize(result.segments()), "segment", "segments");
}

}  // namespace fcclip::apps
