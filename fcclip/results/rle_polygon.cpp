#include "fcclip/results/rle_polygon.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fcclip/core/error.h"

namespace fcclip::results {
namespace {

constexpr double kFiner = 5;
// Where a coordinate is further away the picture is not reached sooner; keeps whole numbers exact.
constexpr double kFarthest = 1e12;

struct GridPoint {
  int64_t x, y;
};

int64_t grid_coordinate(double value) {
  if (!std::isfinite(value)) fail(ErrorCode::bad_format, "a polygon with a coordinate ", value);
  return static_cast<int64_t>(kFiner * std::clamp(value, -kFarthest, kFarthest) + 0.5);
}

std::vector<GridPoint> fine_corners(const std::vector<double>& xy) {
  std::vector<GridPoint> corners;
  for (size_t i = 0; i + 1 < xy.size(); i += 2) {
    corners.push_back({grid_coordinate(xy[i]), grid_coordinate(xy[i + 1])});
  }
  return corners;
}

// The other coordinate of an edge after `steps` steps along its longer axis.
int64_t along(int64_t start, double slope, int64_t steps) {
  return static_cast<int64_t>(static_cast<double>(start) + slope * static_cast<double>(steps) +
                              0.5);
}

// The first step at which a steep edge has passed from column x to x + 1, or back.
int64_t step_of_crossing(GridPoint from, double slope, int64_t steps, int64_t x) {
  int64_t before = 0, after = steps;
  while (after - before > 1) {
    const int64_t middle = before + (after - before) / 2;
    const bool passed =
        slope > 0 ? along(from.x, slope, middle) > x : along(from.x, slope, middle) <= x;
    (passed ? after : before) = middle;
  }
  return after;
}

// Where one edge passes the centres of the picture's columns: column-major positions. The edge is a
// line of grid points, one a step of its longer axis; only the columns of the picture are looked
// at, however far the edge goes.
void add_crossings(GridPoint a, GridPoint b, Size size, std::vector<uint32_t>& positions) {
  const int64_t dx = std::abs(b.x - a.x), dy = std::abs(b.y - a.y);
  const bool is_flat = dx >= dy;
  if (is_flat ? a.x > b.x : a.y > b.y) std::swap(a, b);
  const int64_t steps = is_flat ? dx : dy;
  if (dx == 0) return;
  const double slope =
      static_cast<double>(is_flat ? b.y - a.y : b.x - a.x) / static_cast<double>(steps);
  constexpr auto kGrid = static_cast<int64_t>(kFiner);
  const int64_t left = std::min(a.x, b.x), right = std::max(a.x, b.x);
  // The centre of column k lies between the grid's columns 5k + 2 and 5k + 3.
  const int64_t first = left <= 2 ? 0 : (left + kGrid - 3) / kGrid;
  const int64_t last = right < 3 ? -1 : std::min(size.width - 1, (right - 3) / kGrid);
  for (int64_t column = first; column <= last; ++column) {
    const int64_t x = kGrid * column + 2;
    int64_t top = 0;
    if (is_flat) {
      top = std::min(along(a.y, slope, x - a.x), along(a.y, slope, x + 1 - a.x));
    } else {
      top = a.y + step_of_crossing(a, slope, steps, x) - 1;
    }
    double y = (static_cast<double>(top) + 0.5) / kFiner - 0.5;
    y = std::ceil(std::clamp(y, 0.0, static_cast<double>(size.height)));
    positions.push_back(static_cast<uint32_t>(column * size.height + static_cast<int64_t>(y)));
  }
}

std::vector<uint32_t> crossings(const std::vector<GridPoint>& corners, Size size) {
  std::vector<uint32_t> positions;
  for (size_t i = 0; i < corners.size(); ++i) {
    add_crossings(corners[i], corners[(i + 1) % corners.size()], size, positions);
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
  if (size.height > 0 && size.width > std::numeric_limits<uint32_t>::max() / size.height) {
    fail(ErrorCode::bad_format, "a mask of ", size.width, "x", size.height, " pixels is too large");
  }
  return runs_between(crossings(fine_corners(xy), size), size);
}

Rle from_box(const std::array<double, 4>& box, Size size) {
  const double right = box[0] + box[2], bottom = box[1] + box[3];
  return from_polygon({box[0], box[1], box[0], bottom, right, bottom, right, box[1]}, size);
}

Rle from_polygons(const std::vector<std::vector<double>>& polygons, Size size) {
  if (polygons.empty()) return {size, {static_cast<uint32_t>(size.height * size.width)}};
  std::vector<Rle> parts;
  for (const std::vector<double>& one : polygons) parts.push_back(from_polygon(one, size));
  return merge(parts, false);
}

}  // namespace fcclip::results
