#include "fcclip/runs/run_times.h"

#include <nlohmann/json.hpp>

namespace fcclip::runs {

const std::array<TimedStep, 8>& timed_steps() {
  static constexpr std::array<TimedStep, 8> kSteps = {{{&Timing::load, "load", "loading"},
                                                       {&Timing::words, "words", "words"},
                                                       {&Timing::decode, "decode", "decoding"},
                                                       {&Timing::network, "network", "network"},
                                                       {&Timing::ask, "ask", "answer"},
                                                       {&Timing::draw, "draw", "drawing"},
                                                       {&Timing::write, "write", "writing"},
                                                       {&Timing::wait, "wait", "waiting"}}};
  return kSteps;
}

Timing& Timing::operator+=(const Timing& other) {
  for (const TimedStep& step : timed_steps()) this->*step.seconds += other.*step.seconds;
  return *this;
}

nlohmann::json to_json(const Timing& timing) {
  nlohmann::json out = nlohmann::json::object();
  for (const TimedStep& step : timed_steps()) {
    if (const double seconds = timing.*step.seconds; seconds > 0) out[step.key] = seconds;
  }
  return out;
}

}  // namespace fcclip::runs
