#pragma once
// How a run went: what became of its pictures, and where the time went.

#include <array>
#include <cstdint>

#include <nlohmann/json_fwd.hpp>

namespace fcclip::runs {

/// Seconds of one picture's steps, each counted once: what was spent for several questions together
/// (decode, network) stands with the first, what was spent before the first picture (load, words)
/// with the first picture.
struct Timing {
  double load = 0, words = 0, decode = 0, network = 0, ask = 0, draw = 0, write = 0;
  double wait = 0;  ///< of the network: for the next picture, or for room to leave its answer
  Timing& operator+=(const Timing& other);
};

struct TimedStep {
  double Timing::*seconds;
  const char* key;    ///< in JSON
  const char* shown;  ///< to people
};
/// In the order in which they happen.
const std::array<TimedStep, 8>& timed_steps();

/// Only the steps that took part: {"decode": 0.004, "network": 0.08, "ask": 0.003, …}.
nlohmann::json to_json(const Timing& timing);

struct RunCount {
  int64_t pictures = 0;  ///< of the whole run, all kinds below together
  int64_t done = 0, failed = 0;
  int64_t skipped = 0;  ///< finished by an earlier run
  int64_t changed = 0;  ///< of `done`: finished by an earlier run with other settings
  int64_t kept = 0;     ///< files that were not replaced
};

}  // namespace fcclip::runs
