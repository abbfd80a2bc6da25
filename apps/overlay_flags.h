#pragma once
// Options of the overlays: looks, colours, file format.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/draw/overlay.h"

namespace fcclip::apps {

struct OverlayFlags {
  std::string format = "png", size = "auto", colours;
  double opacity = 0.45;
  bool no_labels = false, no_scores = false, no_boxes = false, no_outlines = false;
};

void add_overlay_flags(CLI::App& command, OverlayFlags& flags);

/// How a run draws its overlays.
struct OverlayStyle {
  draw::OverlayOptions options;  ///< with the program's own fonts; boxes and scores where allowed
  bool boxes = true, scores = true;
  bool jpeg = false;
  std::map<std::string, draw::Colour> colours;  ///< the user's, by class name

  /// ".overlay.png" or ".overlay.jpg"
  std::string ending() const;
  /// What differs from the usual look, for run.json; null when nothing does.
  nlohmann::json record() const;
};

/// Throws Error{invalid_argument, not_found, bad_format}: a size that is none, a file of colours
/// that cannot be read.
OverlayStyle overlay_style(const OverlayFlags& flags);

/// A colour for each class, the same in every picture: the user's, else the vocabulary's own, else
/// one given out over the whole vocabulary.
std::vector<draw::Colour> styled_colours(const classify::Vocabulary& vocabulary,
                                         const OverlayStyle& style);

/// Lines "name = #rrggbb" or "name = red, green, blue"; empty ones and those that begin with "# "
/// are left out. Throws Error{bad_format} with the line's number.
std::map<std::string, draw::Colour> parse_colours(const std::string& text, const std::string& name);

/// share/fcclip/fonts beside the program, installed or built; empty when there is none.
std::filesystem::path bundled_fonts();

}  // namespace fcclip::apps
