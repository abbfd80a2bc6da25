#include "fcclip/outputs/polygon.h"

#include <algorithm>
#include <limits>

namespace fcclip::outputs {
namespace {

struct Bridge {
  size_t from = 0, to = 0;
  double length2 = std::numeric_limits<double>::max();
};

// The nearest pair of points of two rings.
Bridge nearest(const Ring& a, const Ring& b) {
  Bridge best;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      const double dx = a[i].x - b[j].x, dy = a[i].y - b[j].y;
      const double length2 = dx * dx + dy * dy;
      if (length2 < best.length2) best = {i, j, length2};
    }
  }
  return best;
}

// ring … p, [part from its nearest point all the way round], p … ring
void join(Ring& ring, const Ring& part) {
  if (part.empty()) return;
  if (ring.empty()) {
    ring = part;
    return;
  }
  const Bridge bridge = nearest(ring, part);
  Ring detour;
  for (size_t i = 0; i <= part.size(); ++i) detour.push_back(part[(bridge.to + i) % part.size()]);
  detour.push_back(ring[bridge.from]);
  ring.insert(ring.begin() + static_cast<std::ptrdiff_t>(bridge.from) + 1, detour.begin(),
              detour.end());
}

}  // namespace

double signed_area(const Ring& ring) {
  double twice = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const Point &a = ring[i], &b = ring[(i + 1) % ring.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return twice / 2;
}

double area(const Polygon& polygon) {
  double sum = signed_area(polygon.outer);
  for (const Ring& hole : polygon.holes) sum += signed_area(hole);
  return sum;
}

Ring single_ring(const std::vector<Polygon>& polygons) {
  Ring ring;
  for (const Polygon& polygon : polygons) {
    Ring outer = polygon.outer;
    for (const Ring& hole : polygon.holes) join(outer, hole);
    join(ring, outer);
  }
  return ring;
}

}  // namespace fcclip::outputs
