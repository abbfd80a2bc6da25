#pragma once
// Where the labels of an overlay go. Plain geometry; internal to the folder.

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/draw/text.h"

namespace fcclip::draw {

/// A segment that wants a label.
struct LabelRequest {
  int32_t id = 0;            ///< the segment's value in the id map
  std::string name, detail;  ///< what the label says; the detail may be left out
};

/// Upper left corner and sides in pixels.
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

/// A request that found its place; `request` is its position in the list.
struct PlacedLabel {
  size_t request = 0;
  Text text;
  Box box;               ///< with padding, inside the picture
  bool outside = false;  ///< beside its segment: a line leads to the anchor
  double anchor_x = 0, anchor_y = 0;
};

/// How large letters may be, and which segments get none.
struct PlacementOptions {
  double font_px = 20, min_font_px = 11;
  double min_area_fraction = 4e-4;  ///< of the picture; smaller segments get no label
};

/// Width and height of a text as it would be drawn.
using MeasureText = std::function<TextSize(const Text&)>;

/// Labels as deep inside their segments as they fit, smaller letters for smaller segments, beside
/// those that are too small; no two overlap. A label that finds no place is left out.
///   ids       [h, w] int32
///   distance  [h, w] float32, border_distance(ids)
std::vector<PlacedLabel> place_labels(const at::Tensor& ids, const at::Tensor& distance,
                                      const std::vector<LabelRequest>& requests,
                                      const PlacementOptions& options, const MeasureText& measure);

/// Padding of a label's box around its text, in font sizes.
inline constexpr double kPadX = 0.38, kPadY = 0.12;

}  // namespace fcclip::draw
