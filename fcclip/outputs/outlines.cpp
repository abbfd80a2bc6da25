#include <ATen/ATen.h>

#include "fcclip/outputs/contours.h"
#include "fcclip/outputs/outline_writers.h"

namespace fcclip::outputs {
namespace {

void shift(Ring& ring, double x, double y) {
  for (Point& p : ring) {
    p.x += x;
    p.y += y;
  }
}

}  // namespace

std::vector<Outline> outlines(const results::Segmentation& segmentation, double tolerance_px) {
  std::vector<Outline> outlines;
  for (const results::Segment& segment : segmentation.segments()) {
    Outline outline{&segment, mask_polygons(mask_in_box(segmentation, segment), tolerance_px)};
    const auto x = static_cast<double>(segment.box_xywh_px[0]);
    const auto y = static_cast<double>(segment.box_xywh_px[1]);
    for (Polygon& polygon : outline.polygons) {
      shift(polygon.outer, x, y);
      for (Ring& hole : polygon.holes) shift(hole, x, y);
    }
    outlines.push_back(std::move(outline));
  }
  return outlines;
}

}  // namespace fcclip::outputs
