#pragma once
// A picture with its segments drawn over it, for people.

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/log.h"
#include "fcclip/core/size.h"
#include "fcclip/draw/palette.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::draw {

/// What is drawn, and how large.
struct OverlayOptions {
  double fill_opacity = 0.45;
  bool labels = true, scores = true, outlines = true;
  bool boxes = false;  ///< of segments that have one
  /// One a class, by Segment::class_index, so that a class looks the same in every picture; empty:
  /// chosen by the names in this one. Several things of one name get variations.
  std::vector<Colour> class_colours;
  std::vector<Colour> segment_colours =
      {};                             ///< one a segment, in place of the classes'; empty: none
  bool legend = false;                ///< colours and names below the picture
  int64_t min_longer_side = 768;      ///< smaller pictures are enlarged so that labels can be read
  int64_t max_longer_side = 4096;     ///< larger ones are drawn at this size
  double min_label_area = 4e-4;       ///< smaller segments (fraction of the picture) get no label
  std::filesystem::path font_folder;  ///< its *.ttf and *.otf are used beside the system's
  /// Told as a warning: that there is no font (names are left out), or none for some characters.
  LogCallback log;
};

/// Segments under their names, with scores unless those are negative. A pixel of no segment is left
/// as it is. Where instances overlap the higher score is seen, and of equal scores the smaller mask.
///   rgb      [h, w, 3] uint8
///   returns  [h', w', 3] uint8: the picture's own size unless it is smaller or larger than the
///            options' sides, plus the legend's height
/// Throws Error{shape_mismatch}; Error{invalid_argument} for run lengths that do not fit the picture
/// for a class
/// without a colour, and for another number of segment colours than segments.
at::Tensor draw_overlay(const at::Tensor& rgb, const results::Segmentation& segmentation,
                        const OverlayOptions& options = {});

/// How large draw_overlay makes a picture, without the legend: its longer side within the options' sides.
Size overlay_size(const Size& picture, const OverlayOptions& options = {});

/// The colours that draw_overlay gives the segments, in their order: for legends and tables
/// elsewhere.
std::vector<Colour> overlay_colours(const std::vector<results::Segment>& segments,
                                    const std::vector<Colour>& class_colours = {});

}  // namespace fcclip::draw
