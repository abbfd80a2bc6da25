#pragma once
// What `segment` says about a picture and about the whole run.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

/// Seconds of one picture's steps, each counted once: what was spent for several questions together
/// (decode, network) stands with the first, what was spent before the first picture (load, words)
/// with the first picture.
struct Timing {
  double load = 0, words = 0, decode = 0, network = 0, ask = 0, draw = 0, write = 0;
  double wait = 0;  ///< of the network: for the next picture, or for room to leave its answer
  Timing& operator+=(const Timing& other);
};

/// Only the steps that took part: {"decode": 0.004, "network": 0.08, "ask": 0.003, …}.
nlohmann::json to_json(const Timing& timing);
/// "network 0.08 s, answer 0.003 s, drawing 0.05 s, …"
std::string timing_line(const Timing& timing);

/// How a run went.
struct RunCount {
  int64_t pictures = 0;  ///< of the whole run, all kinds below together
  int64_t done = 0, failed = 0;
  int64_t skipped = 0;  ///< finished by an earlier run
  int64_t changed = 0;  ///< of `done`: finished by an earlier run with other settings
  int64_t kept = 0;     ///< files that were not replaced
};

/// "40 pictures in 4.1 s, 9.8/s: network 93 %, drawing 61 %, … of the time, partly at once; …".
///   before   loading and words, not part of `seconds`
///   seconds  from the first picture to the last, in which the steps of `total` were done
std::string run_line(const RunCount& count, const Timing& before, const Timing& total,
                     double seconds);

/// "1 picture", "2 pictures"
std::string counted(int64_t count, const std::string& one, const std::string& many);

/// scene.png: 640x480, 7 segments
std::string picture_line(const std::string& picture, const results::Segmentation& result);

}  // namespace fcclip::apps
