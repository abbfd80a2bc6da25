#include "apps/overlay_flags.h"

#include <sstream>

#include "apps/option_checks.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/own_folders.h"
#include "fcclip/draw/vocabulary_colours.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::apps {
namespace {

// The longest side that can be drawn on.
constexpr int64_t kLongestOverlay = 32000;

void set_size(draw::OverlayOptions& options, const std::string& text) {
  if (text == "auto") return;
  if (text == "original") {
    options.min_longer_side = 1;
    options.max_longer_side = kLongestOverlay;
  } else if (int64_t side = 0; whole_number(1, kLongestOverlay)(text).empty()) {
    std::istringstream(text) >> side;
    options.min_longer_side = options.max_longer_side = side;
  } else {
    fail(ErrorCode::invalid_argument, "--overlay-size '", text,
         "': expected auto, original or the longer side in pixels, 1 to ", kLongestOverlay);
  }
}

}  // namespace

void add_overlay_flags(CLI::App& command, OverlayFlags& flags) {
  command.option_defaults()->group("Overlays");
  command.add_option("--overlay-format", flags.format, "Overlays as png or jpg")
      ->type_name("FORMAT")
      ->capture_default_str()
      ->check(one_of({"png", "jpg"}));
  command
      .add_option("--overlay-size", flags.size,
                  "auto (enlarged to 768 pixels, made smaller above 4096), original, or the longer "
                  "side in pixels")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      .add_option("--overlay-opacity", flags.opacity,
                  "How much the colours cover the picture, 0 to 1; 0 leaves outlines and labels")
      ->capture_default_str()
      ->check(number(0, 1));
  command
      .add_option("--palette,--overlay-palette", flags.palette,
                  "Classes in the colours that a data set gives them: " +
                      listed(draw::palette_names()) + "; default the vocabulary's own, else spread")
      ->type_name("NAME");
  command
      .add_option("--overlay-colours,--overlay-colors", flags.colours,
                  "File of colours, lines \"name = #rrggbb\", over the palette's")
      ->type_name("FILE");
  command.add_flag("--overlay-no-labels", flags.no_labels, "Overlays without names");
  command.add_flag("--overlay-no-scores", flags.no_scores, "Names without scores");
  command.add_flag("--overlay-no-boxes", flags.no_boxes, "Instances without boxes");
  command.add_flag("--overlay-no-outlines", flags.no_outlines, "Segments without outlines");
}

outputs::OverlayStyle overlay_style(const OverlayFlags& flags) {
  outputs::OverlayStyle style;
  style.jpeg = flags.format == "jpg";
  style.boxes = !flags.no_boxes;
  style.scores = !flags.no_scores;
  style.options.labels = !flags.no_labels;
  style.options.outlines = !flags.no_outlines;
  style.options.fill_opacity = flags.opacity;
  style.options.font_folder = own_data("fonts");
  set_size(style.options, flags.size);
  if (!flags.palette.empty()) draw::check_palette(flags.palette, "--palette");
  style.palette = flags.palette;
  if (!flags.colours.empty())
    style.colours = outputs::parse_colours(io::read_file(flags.colours), flags.colours);
  return style;
}

}  // namespace fcclip::apps
