#pragma once
// Options of the overlays: looks, colours, file format.

#include <string>

#include <CLI/CLI.hpp>

#include "fcclip/outputs/overlay_style.h"

namespace fcclip::apps {

struct OverlayFlags {
  std::string format = "png", size = "auto", colours, palette;
  double opacity = 0.45;
  bool no_labels = false, no_scores = false, no_boxes = false, no_outlines = false;
};

void add_overlay_flags(CLI::App& command, OverlayFlags& flags);

/// Throws Error{invalid_argument, not_found, bad_format}: a size that is none, a file of colours
/// that cannot be read, a palette that is not known.
outputs::OverlayStyle overlay_style(const OverlayFlags& flags);

}  // namespace fcclip::apps
