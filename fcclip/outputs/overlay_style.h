#pragma once
// How overlays look: of a run of the program, or of a server's replies.

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/draw/overlay.h"

namespace fcclip::outputs {

struct OverlayStyle {
  draw::OverlayOptions options;  ///< what else is drawn: colours, boxes, scores and the legend are
                                 ///< set for each answer
  bool boxes = true;             ///< of instances
  bool scores = true;            ///< of panoptic segments and instances
  bool jpeg = false;
  std::map<std::string, draw::Colour> colours;  ///< the user's, by class name
  std::string palette;  ///< draw::palette_colours'; empty: the vocabulary's own

  /// ".overlay.png" or ".overlay.jpg"
  std::string ending() const;
  /// What differs from the usual look, for run.json; null when nothing does.
  nlohmann::json record() const;
};

/// A colour for each class, the same in every picture: the user's, else the palette's, else the
/// vocabulary's own, else one given out over the whole vocabulary.
std::vector<draw::Colour> styled_colours(const classify::Vocabulary& vocabulary,
                                         const OverlayStyle& style);

/// Lines "name = #rrggbb" or "name = red, green, blue"; empty ones and those that begin with "# "
/// are left out. `name`: of the file, for messages. Throws Error{bad_format} with the line's number.
std::map<std::string, draw::Colour> parse_colours(const std::string& text, const std::string& name);

}  // namespace fcclip::outputs
