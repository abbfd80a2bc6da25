#include "fcclip/outputs/contours.h"

#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/outputs/ring_crossings.h"
#include "tests/support/errors.h"

namespace fcclip::outputs {
namespace {

using outputs::Point;
using outputs::Polygon;
using outputs::Ring;

at::Tensor mask_of(const std::vector<std::string>& rows) {
  at::Tensor mask = at::zeros({std::ssize(rows), std::ssize(rows[0])}, at::kByte);
  for (int64_t y = 0; y < mask.size(0); ++y) {
    for (int64_t x = 0; x < mask.size(1); ++x) mask[y][x] = rows[y][x] == '#' ? 1 : 0;
  }
  return mask;
}

bool contains(const Ring& ring, double x, double y) {
  bool inside = false;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const Point &a = ring[i], &b = ring[j];
    if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

// Pixels whose centre is in a polygon and not in its holes.
at::Tensor drawn(const std::vector<Polygon>& polygons, const at::Tensor& like) {
  at::Tensor mask = at::zeros_like(like);
  uint8_t* to = mask.data_ptr<uint8_t>();
  for (int64_t i = 0; i < mask.numel(); ++i) {
    const double x = static_cast<double>(i % mask.size(1)) + 0.5;
    const double y = static_cast<double>(i / mask.size(1)) + 0.5;
    for (const Polygon& polygon : polygons) {
      bool inside = contains(polygon.outer, x, y);
      for (const Ring& hole : polygon.holes) inside = inside && !contains(hole, x, y);
      if (inside) to[i] += 1;
    }
  }
  return mask;
}

void expect_exact(const at::Tensor& mask) {
  const std::vector<Polygon> polygons = mask_polygons(mask);
  double area = 0;
  for (const Polygon& polygon : polygons) {
    area += outputs::area(polygon);
    EXPECT_GT(outputs::signed_area(polygon.outer), 0);
    std::vector<Ring> rings = {polygon.outer};
    for (const Ring& hole : polygon.holes) {
      EXPECT_LT(outputs::signed_area(hole), 0);
      rings.push_back(hole);
    }
    EXPECT_FALSE(rings_cross(rings));
    for (const Ring& ring : rings) {
      std::set<std::pair<double, double>> corners;
      for (const Point& p : ring) corners.insert({p.x, p.y});
      EXPECT_EQ(corners.size(), ring.size()) << "a corner occurs twice";
      EXPECT_GE(ring.size(), 4);
    }
  }
  EXPECT_EQ(area, mask.sum().item<double>());
  EXPECT_TRUE(drawn(polygons, mask).equal(mask));
}

TEST(Contours, OnePixelIsASquare) {
  const std::vector<Polygon> polygons = mask_polygons(mask_of({"...", ".#.", "..."}));
  ASSERT_EQ(polygons.size(), 1);
  EXPECT_EQ(polygons[0].outer.size(), 4);
  EXPECT_EQ(outputs::area(polygons[0]), 1);
  EXPECT_TRUE(polygons[0].holes.empty());
}

TEST(Contours, HolesAndIslands) {
  const at::Tensor mask =
      mask_of({"#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#######"});
  const std::vector<Polygon> polygons = mask_polygons(mask);
  ASSERT_EQ(polygons.size(), 1);  // the island touches the frame at the bottom
  expect_exact(mask);
  const at::Tensor apart = mask_of({"#####", "#...#", "#.#.#", "#...#", "#####"});
  EXPECT_EQ(mask_polygons(apart).size(), 2);
  expect_exact(apart);
}

TEST(Contours, CornersThatTouchAreSplit) {
  const at::Tensor mask = mask_of({"#.#", ".#.", "#.#"});
  EXPECT_EQ(mask_polygons(mask).size(), 5);
  expect_exact(mask);
  expect_exact(mask_of({".##.", "#..#", "#..#", ".##."}));
  expect_exact(mask_of({"###", "#.#", "##."}));
}

TEST(Contours, RandomMasksAreReproducedExactly) {
  at::manual_seed(2);
  for (const double share : {0.1, 0.4, 0.5, 0.6, 0.9}) {
    for (const auto& [height, width] : {std::pair(17, 23), {1, 40}, {40, 1}, {2, 2}}) {
      expect_exact(at::rand({height, width}).lt(share).to(at::kByte));
    }
  }
}

TEST(Contours, EmptyMaskHasNoPieces) {
  EXPECT_TRUE(mask_polygons(at::zeros({5, 5}, at::kByte)).empty());
  EXPECT_TRUE(mask_polygons(at::zeros({0, 5}, at::kByte)).empty());
}

TEST(Contours, SimplifiedStaysNearAndValid) {
  const at::Tensor y = at::arange(120, at::kFloat).view({-1, 1}) - 60,
                   x = at::arange(150, at::kFloat) - 75;
  const at::Tensor r = (x * x + y * y).sqrt();
  const at::Tensor ring = r.lt(50).logical_and(r.gt(20)).to(at::kByte);
  const size_t exact = mask_polygons(ring)[0].outer.size();
  const std::vector<Polygon> polygons = mask_polygons(ring, 1.5);
  ASSERT_EQ(polygons.size(), 1);
  ASSERT_EQ(polygons[0].holes.size(), 1);
  EXPECT_LT(polygons[0].outer.size() * 5, exact);
  EXPECT_FALSE(rings_cross({polygons[0].outer, polygons[0].holes[0]}));
  EXPECT_NEAR(outputs::area(polygons[0]), ring.sum().item<double>(),
              0.05 * ring.sum().item<double>());
}

TEST(Contours, SimplifiedNoiseNeverCrosses) {
  at::manual_seed(4);
  const at::Tensor mask = at::rand({40, 40}).lt(0.6).to(at::kByte);
  for (const double tolerance : {0.5, 1.0, 3.0, 20.0}) {
    for (const Polygon& polygon : mask_polygons(mask, tolerance)) {
      std::vector<Ring> rings = {polygon.outer};
      rings.insert(rings.end(), polygon.holes.begin(), polygon.holes.end());
      EXPECT_FALSE(rings_cross(rings));
      EXPECT_GE(polygon.outer.size(), 3);
    }
  }
}

TEST(Contours, NegativeToleranceIsAnError) {
  EXPECT_ERROR(invalid_argument, "tolerance must be 0 or more pixels",
               mask_polygons(at::ones({2, 2}, at::kByte), -1));
  EXPECT_ERROR(shape_mismatch, "mask: expected shape [*, *]",
               mask_polygons(at::ones({2}, at::kByte)));
}

TEST(RingCrossings, KnowsCrossingFromTouching) {
  const Ring square = {{0, 0}, {4, 0}, {4, 4}, {0, 4}};
  EXPECT_FALSE(rings_cross({square}));
  EXPECT_TRUE(rings_cross({{{0, 0}, {4, 4}, {4, 0}, {0, 4}}}));          // a bow tie
  EXPECT_TRUE(rings_cross({square, {{2, 2}, {6, 2}, {6, 3}}}));          // through a side
  EXPECT_FALSE(rings_cross({square, {{4, 4}, {6, 4}, {6, 6}}}));         // at a corner
  EXPECT_TRUE(rings_cross({square, {{4, 1}, {6, 1}, {6, 3}, {4, 3}}}));  // along a side
}

}  // namespace
}  // namespace fcclip::outputs
