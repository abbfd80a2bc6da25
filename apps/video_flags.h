#pragma once
// What `segment` takes of films.

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/video/frame_source.h"

namespace fcclip::apps {

struct VideoFlags {
  bool video = false, separate_ids = false;
  int64_t every = 1;
  std::optional<double> start, end;
  double fps = 25;
};

void add_video_flags(CLI::App& command, VideoFlags& flags);

/// --video was given, or an input has a film's name. Throws Error{invalid_argument} for films among
/// pictures, and for options of films where there is none.
bool asks_for_video(const VideoFlags& flags, const std::vector<std::string>& inputs);

video::FrameRange frame_range(const VideoFlags& flags);

/// "90", "1:30", "0:01:30.5": seconds. Nothing for anything else.
std::optional<double> parse_time(const std::string& text);

}  // namespace fcclip::apps
