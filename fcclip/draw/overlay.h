#pragma once
// A picture with its segments drawn over it, for people.

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/log.h"
#include "fcclip/draw/palette.h"

namespace fcclip::draw {

struct OverlaySegment {
  int64_t id = 0;                ///< value in OverlayInput::ids; not used when that is undefined
  std::string label;             ///< any UTF-8; empty: no label
  double score = -1;             ///< written behind the label unless negative
  std::optional<Colour> colour;  ///< a data set's; else chosen by the label
  bool is_thing = true;          ///< several things of one label get variations of its colour
  std::optional<std::array<int64_t, 4>> box_xywh_px;  ///< drawn when OverlayOptions::boxes
  std::vector<uint32_t>
      rle_counts;  ///< COCO run lengths of an instance mask, when ids is undefined
};

/// Panoptic: an id map and its segments. Semantic: a label map with one entry a class (is_thing
/// false). Instances: no map, a mask in each segment; where masks overlap the higher score is seen,
/// and of equal scores the smaller mask.
struct OverlayInput {
  at::Tensor ids;  ///< [h, w] int32, or undefined; an id that no segment has is left as it is
  std::vector<OverlaySegment> segments;
};

struct OverlayOptions {
  double fill_opacity = 0.45;
  bool labels = true, scores = true, outlines = true;
  bool boxes = false;
  bool legend = false;                ///< colours and names below the picture
  int64_t min_longer_side = 768;      ///< smaller pictures are enlarged so that labels can be read
  int64_t max_longer_side = 4096;     ///< larger ones are drawn at this size
  double min_label_area = 4e-4;       ///< smaller segments (fraction of the picture) get no label
  std::filesystem::path font_folder;  ///< its *.ttf and *.otf are used beside the system's
  /// Told as a warning: that there is no font (names are left out), or none for some characters.
  LogCallback log;
};

/// rgb [h, w, 3] uint8 -> [h', w', 3] uint8: the picture's own size unless it is smaller or larger
/// than the options' sides, plus the legend's height. Throws Error{shape_mismatch};
/// Error{invalid_argument} for run lengths that do not fit the picture.
at::Tensor draw_overlay(const at::Tensor& rgb, const OverlayInput& input,
                        const OverlayOptions& options = {});

/// The colours that draw_overlay gives the segments, in their order: for legends and tables
/// elsewhere. Colours that stay the same from picture to picture are the caller's: class_colours of
/// the whole vocabulary, given as each segment's `colour`.
std::vector<Colour> overlay_colours(const std::vector<OverlaySegment>& segments);

}  // namespace fcclip::draw
