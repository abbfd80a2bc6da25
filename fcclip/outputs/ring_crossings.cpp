#include "fcclip/outputs/ring_crossings.h"

#include <algorithm>

namespace fcclip::outputs {
namespace {

using outputs::Point;
using outputs::Ring;

struct Edge {
  Point a, b;
  double left() const { return std::min(a.x, b.x); }
  double right() const { return std::max(a.x, b.x); }
};

double turn(const Point& a, const Point& b, const Point& c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

bool strictly_between(const Point& p, const Edge& e) {
  if (p == e.a || p == e.b || turn(e.a, e.b, p) != 0) return false;
  return p.x >= e.left() && p.x <= e.right() && p.y >= std::min(e.a.y, e.b.y) &&
         p.y <= std::max(e.a.y, e.b.y);
}

bool cross(const Edge& e, const Edge& f) {
  const bool same = (e.a == f.a && e.b == f.b) || (e.a == f.b && e.b == f.a);
  if (same || strictly_between(e.a, f) || strictly_between(e.b, f) || strictly_between(f.a, e) ||
      strictly_between(f.b, e)) {
    return true;
  }
  const double c = turn(e.a, e.b, f.a), d = turn(e.a, e.b, f.b);
  const double a = turn(f.a, f.b, e.a), b = turn(f.a, f.b, e.b);
  return ((c > 0 && d < 0) || (c < 0 && d > 0)) && ((a > 0 && b < 0) || (a < 0 && b > 0));
}

}  // namespace

bool rings_cross(const std::vector<Ring>& rings) {
  std::vector<Edge> edges;
  for (const Ring& ring : rings) {
    for (size_t i = 0; i < ring.size(); ++i)
      edges.push_back({ring[i], ring[(i + 1) % ring.size()]});
  }
  // Swept from left to right: only edges that overlap in x are compared.
  std::sort(edges.begin(), edges.end(),
            [](const Edge& e, const Edge& f) { return e.left() < f.left(); });
  std::vector<Edge> active;
  for (const Edge& e : edges) {
    std::erase_if(active, [&](const Edge& f) { return f.right() < e.left(); });
    for (const Edge& f : active) {
      if (cross(e, f)) return true;
    }
    active.push_back(e);
  }
  return false;
}

}  // namespace fcclip::outputs
