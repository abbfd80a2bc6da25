#pragma once
// A picture and a whole run, a line each for people.

#include <string>

#include "fcclip/results/segmentation.h"
#include "fcclip/runs/segment_run.h"

namespace fcclip::runs {

/// "network 0.08 s, answer 0.003 s, drawing 0.05 s, …"
std::string timing_line(const Timing& timing);

/// "40 pictures in 4.1 s, 9.8/s: network 93 %, drawing 61 %, … of the time, partly at once; …":
/// for how much of the time the network, and each thread that decodes or draws, was at work.
std::string run_line(const SegmentRun& run);

/// scene.png: 640x480, 7 segments
std::string picture_line(const std::string& picture, const results::Segmentation& result);

}  // namespace fcclip::runs
