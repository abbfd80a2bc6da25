#pragma once
// `fcclip segment` of films.

#include <optional>
#include <string>
#include <vector>

#include "apps/example_flags.h"
#include "apps/overlay_flags.h"
#include "apps/picture_flags.h"
#include "apps/segment_options.h"
#include "apps/video_flags.h"
#include "fcclip/core/shard.h"

namespace fcclip::apps {

/// What was typed.
struct VideoRequest {
  const std::vector<std::string>& inputs;
  const std::string &folder, &write;
  std::optional<Shard> shard;
  bool json = false, resume = false, overwrite = false, quiet = false;
  const VideoFlags& video;
  const ModelFlags& model;
  const WordFlags& words;
  const ExampleFlags& example;
  const AskFlags& ask;
  const PictureFlags& picture;
  const OverlayFlags& overlay;
};

/// Throws what video::FilmRun throws, and Error{invalid_argument} for more than one question.
void segment_video(const VideoRequest& request);

}  // namespace fcclip::apps
