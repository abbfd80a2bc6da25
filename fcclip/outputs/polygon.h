#pragma once
// Outlines of segments. Coordinates are pixel corners: the pixel in column x and row y covers [x,
// x+1] × [y, y+1], so that the area of an unsimplified polygon is the number of its pixels.

#include <vector>

namespace fcclip::outputs {

/// In pixels.
struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

/// A closed ring; the last point is not repeated.
using Ring = std::vector<Point>;

/// One connected piece. `outer` runs clockwise as seen on the screen (y down), holes the other way.
struct Polygon {
  Ring outer;
  std::vector<Ring> holes;
};

/// Positive when the ring is clockwise on the screen.
double signed_area(const Ring& ring);
/// Outer area without the holes.
double area(const Polygon& polygon);

/// One ring for formats without holes or parts: holes and further parts are joined by bridges of no
/// width that go there and back. Its signed area is the polygons' area. Empty for no polygons.
Ring single_ring(const std::vector<Polygon>& polygons);

}  // namespace fcclip::outputs
