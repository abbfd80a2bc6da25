// OpenCV follows pixel centres, which would make one pixel a point and shrink everything by half a
// pixel. On the mask enlarged twice, every boundary subpixel lies beside one pixel edge, so
// rounding its coordinate to the edge gives the exact outline.

#include "fcclip/outputs/contours.h"

#include <algorithm>
#include <map>
#include <opencv2/imgproc.hpp>
#include <utility>

#include <ATen/ATen.h>

#include "fcclip/core/check.h"
#include "fcclip/outputs/ring_crossings.h"

namespace fcclip::outputs {
namespace {

using outputs::Point;
using outputs::Polygon;
using outputs::Ring;

using Contours = std::vector<std::vector<cv::Point>>;

// Corners on the pixel edges, without repeated ones and those along a straight line.
Ring to_edges(const std::vector<cv::Point>& contour, cv::Point offset) {
  Ring corners;
  for (const cv::Point& p : contour) {
    // Subpixels 2x and 2x + 1 belong to pixel x: its left and its right edge.
    const Point corner = {static_cast<double>((p.x + 1) / 2 + offset.x),
                          static_cast<double>((p.y + 1) / 2 + offset.y)};
    if (corners.empty() || !(corners.back() == corner)) corners.push_back(corner);
  }
  while (corners.size() > 1 && corners.back() == corners.front()) corners.pop_back();
  return corners;
}

Ring without_straight(const Ring& ring) {
  Ring kept;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point &a = ring[(i + ring.size() - 1) % ring.size()], &b = ring[i],
                &c = ring[(i + 1) % ring.size()];
    if ((b.x - a.x) * (c.y - b.y) != (b.y - a.y) * (c.x - b.x)) kept.push_back(b);
  }
  return kept;
}

// A ring that comes back to one of its corners becomes several rings that do not.
std::vector<Ring> split_at_repeats(const Ring& ring) {
  std::vector<Ring> loops;
  Ring path;
  std::map<std::pair<double, double>, size_t> position;
  for (const Point& p : ring) {
    const auto seen = position.find({p.x, p.y});
    if (seen != position.end()) {
      const auto begin = path.begin() + static_cast<std::ptrdiff_t>(seen->second);
      loops.emplace_back(begin, path.end());
      for (auto i = begin; i != path.end(); ++i) position.erase({i->x, i->y});
      path.erase(begin, path.end());
    }
    position[{p.x, p.y}] = path.size();
    path.push_back(p);
  }
  loops.push_back(std::move(path));
  std::vector<Ring> rings;
  for (const Ring& loop : loops) {
    Ring corners = without_straight(loop);
    if (corners.size() >= 3) rings.push_back(std::move(corners));
  }
  return rings;
}

bool contains(const Ring& ring, const Point& p) {
  bool inside = false;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const Point &a = ring[i], &b = ring[j];
    if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) {
      inside = !inside;
    }
  }
  return inside;
}

// Centre of a pixel inside the hole: of the four around its topmost left corner, the one below
// right.
Point pixel_inside(const Ring& hole) {
  Point top = hole.front();
  for (const Point& p : hole) {
    if (p.y < top.y || (p.y == top.y && p.x < top.x)) top = p;
  }
  return {top.x + 0.5, top.y + 0.5};
}

// One component of OpenCV, its outline first, then its holes, as pieces.
std::vector<Polygon> pieces(const std::vector<Ring>& rings) {
  std::vector<Polygon> found;
  std::vector<Ring> holes;
  for (const Ring& ring : rings) {
    for (Ring& loop : split_at_repeats(ring)) {
      if (outputs::signed_area(loop) > 0) {
        found.push_back({std::move(loop), {}});
      } else {
        holes.push_back(std::move(loop));
      }
    }
  }
  for (Ring& hole : holes) {
    const Point inside = pixel_inside(hole);
    for (Polygon& polygon : found) {
      if (!contains(polygon.outer, inside)) continue;
      polygon.holes.push_back(std::move(hole));
      break;
    }
  }
  return found;
}

Ring simplified(const Ring& ring, double tolerance) {
  std::vector<cv::Point2f> from, to;
  for (const Point& p : ring) from.emplace_back(static_cast<float>(p.x), static_cast<float>(p.y));
  cv::approxPolyDP(from, to, tolerance, true);
  Ring out;
  for (const cv::Point2f& p : to) out.push_back({p.x, p.y});
  return out;
}

Polygon simplified(const Polygon& polygon, double tolerance) {
  // Halved until the rings are apart: below a quarter of a pixel nothing is left to gain.
  for (; tolerance >= 0.25; tolerance /= 2) {
    Polygon out = {simplified(polygon.outer, tolerance), {}};
    if (out.outer.size() < 3 || outputs::signed_area(out.outer) <= 0) continue;
    std::vector<Ring> all = {out.outer};
    for (const Ring& hole : polygon.holes) {
      Ring smaller = simplified(hole, tolerance);
      if (smaller.size() < 3 || outputs::signed_area(smaller) >= 0) continue;
      all.push_back(smaller);
      out.holes.push_back(std::move(smaller));
    }
    if (!rings_cross(all)) return out;
  }
  return polygon;
}

}  // namespace

std::vector<Polygon> polygons_of_rings(const std::vector<Ring>& rings, double tolerance_px) {
  std::vector<Polygon> polygons = pieces(rings);
  if (tolerance_px <= 0) return polygons;
  for (Polygon& polygon : polygons) polygon = simplified(polygon, tolerance_px);
  return polygons;
}

std::vector<Polygon> mask_polygons(const at::Tensor& mask, double tolerance_px) {
  check_shape("mask", mask, {kAny, kAny});
  if (!(tolerance_px >= 0)) {
    fail(ErrorCode::invalid_argument, "tolerance must be 0 or more pixels, got ", tolerance_px);
  }
  const at::Tensor inside = mask.cpu().ne(0).to(at::kByte).contiguous();
  const cv::Mat pixels(static_cast<int>(mask.size(0)), static_cast<int>(mask.size(1)), CV_8UC1,
                       inside.data_ptr<uint8_t>());
  const cv::Rect box = mask.numel() == 0 ? cv::Rect() : cv::boundingRect(pixels);
  if (box.area() == 0) return {};
  cv::Mat twice;
  cv::resize(pixels(box), twice, cv::Size(), 2, 2, cv::INTER_NEAREST);
  Contours contours;
  std::vector<cv::Vec4i> hierarchy;  // next, previous, first child, parent
  cv::findContours(twice, contours, hierarchy, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  std::vector<Polygon> polygons;
  for (size_t i = 0; i < contours.size(); ++i) {
    if (hierarchy[i][3] >= 0) continue;
    std::vector<Ring> rings = {to_edges(contours[i], box.tl())};
    for (int hole = hierarchy[i][2]; hole >= 0; hole = hierarchy[static_cast<size_t>(hole)][0]) {
      rings.push_back(to_edges(contours[static_cast<size_t>(hole)], box.tl()));
    }
    // OpenCV's orientation depends on its version's axes; ours is fixed.
    for (Ring& ring : rings) {
      const bool outer = &ring == &rings.front();
      if ((outputs::signed_area(ring) > 0) != outer) std::reverse(ring.begin(), ring.end());
    }
    for (Polygon& polygon : polygons_of_rings(rings, tolerance_px)) {
      polygons.push_back(std::move(polygon));
    }
  }
  return polygons;
}

}  // namespace fcclip::outputs
