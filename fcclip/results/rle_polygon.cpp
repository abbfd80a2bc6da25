#include "fcclip/results/rle_polygon.h"

#include <algorithm>
#include <cmath>

#include "fcclip/core/error.h"

namespace fcclip::results {
namespace {

constexpr double kFiner = 5;

struct Point {
  int x, y;
};

// Every fine grid point along the edge a -> b, both ends included, stepping along the longer axis.
void trace_edge(Point a, Point b, std::vector<Point>& outline) {
  const int dx = std::abs(b.x - a.x), dy = std::abs(b.y - a.y);
  const bool along_x = dx >= dy;
  const bool backwards = along_x ? a.x > b.x : a.y > b.y;
  if (backwards) std::swap(a, b);
  const int steps = along_x ? dx : dy;
  const double slope =
      steps == 0 ? 0 : static_cast<double>(along_x ? b.y - a.y : b.x - a.x) / steps;
  for (int d = 0; d <= steps; ++d) {
    const int t = backwards ? steps - d : d;
    if (along_x) {
      outline.push_back({a.x + t, static_cast<int>(a.y + slope * t + 0.5)});
    } else {
      outline.push_back({static_cast<int>(a.x + slope * t + 0.5), a.y + t});
    }
  }
}

std::vector<Point> fine_outline(const std::vector<double>& xy) {
  std::vector<Point> corners;
  for (size_t i = 0; i + 1 < xy.size(); i += 2) {
    corners.push_back(
        {static_cast<int>(kFiner * xy[i] + 0.5), static_cast<int>(kFiner * xy[i + 1] + 0.5)});
  }
  std::vector<Point> outline;
  for (size_t i = 0; i < corners.size(); ++i) {
    trace_edge(corners[i], corners[(i + 1) % corners.size()], outline);
  }
  return outline;
}

// Column-major positions where the mask changes: where the outline passes a column of pixel
// centres.
std::vector<uint32_t> crossings(const std::vector<Point>& outline, Size size) {
  std::vector<uint32_t> positions;
  for (size_t i = 1; i < outline.size(); ++i) {
    const Point here = outline[i], before = outline[i - 1];
    if (here.x == before.x) continue;
    const double x = ((here.x < before.x ? here.x : here.x - 1) + 0.5) / kFiner - 0.5;
    if (std::floor(x) != x || x < 0 || x > static_cast<double>(size.width - 1)) continue;
    double y = (std::min(here.y, before.y) + 0.5) / kFiner - 0.5;
    y = std::ceil(std::clamp(y, 0.0, static_cast<double>(size.height)));
    positions.push_back(
        static_cast<uint32_t>(static_cast<int64_t>(x) * size.height + static_cast<int64_t>(y)));
  }
  positions.push_back(static_cast<uint32_t>(size.height * size.width));
  std::sort(positions.begin(), positions.end());
  return positions;
}

// Differences of the sorted positions; two changes at one place cancel and their neighbours join.
Rle runs_between(const std::vector<uint32_t>& positions, Size size) {
  Rle rle{size, {}};
  std::vector<uint32_t> lengths;
  uint32_t previous = 0;
  for (const uint32_t position : positions) {
    lengths.push_back(position - previous);
    previous = position;
  }
  rle.counts.push_back(lengths.front());
  for (size_t i = 1; i < lengths.size(); ++i) {
    if (lengths[i] > 0) {
      rle.counts.push_back(lengths[i]);
    } else if (++i < lengths.size()) {
      rle.counts.back() += lengths[i];
    }
  }
  return rle;
}

}  // namespace

Rle from_polygon(const std::vector<double>& xy, Size size) {
  if (xy.size() < 6 || xy.size() % 2 != 0) {
    fail(ErrorCode::bad_format, "a polygon needs x and y of at least 3 points, got ", xy.size(),
         " numbers");
  }
  return runs_between(crossings(fine_outline(xy), size), size);
}

Rle from_box(const std::array<double, 4>& box, Size size) {
  const double right = box[0] + box[2], bottom = box[1] + box[3];
  return from_polygon({box[0], box[1], box[0], bottom, right, bottom, right, box[1]}, size);
}

Rle from_polygons(const std::vector<std::vector<double>>& polygons, Size size) {
  if (polygons.empty()) return {size, {static_cast<uint32_t>(size.height * size.width)}};
  std::vector<Rle> parts;
  const bool boxes = polygons.front().size() == 4;
  for (const std::vector<double>& one : polygons) {
    if (boxes && one.size() == 4) {
      parts.push_back(from_box({one[0], one[1], one[2], one[3]}, size));
    } else {
      parts.push_back(from_polygon(one, size));
    }
  }
  return merge(parts, false);
}

}  // namespace fcclip::results
