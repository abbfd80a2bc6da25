#include "fcclip/tiles/outline_tracer.h"

#include <algorithm>
#include <map>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/outputs/contours.h"

namespace fcclip::tiles {
namespace {

using outputs::Polygon;
using outputs::Ring;

using Outlines = std::map<int32_t, std::vector<Polygon>>;

Outlines traced(const at::Tensor& ids, double tolerance = 0) {
  Outlines found;
  OutlineTracer tracer(ids.size(1), tolerance, [&](int32_t id, std::vector<Polygon> polygons) {
    for (Polygon& polygon : polygons) found[id].push_back(std::move(polygon));
  });
  const at::Tensor rows = ids.to(at::kInt).contiguous();
  for (int64_t y = 0; y < rows.size(0); ++y) {
    tracer.add_row(rows.const_data_ptr<int32_t>() + y * rows.size(1));
  }
  tracer.finish();
  return found;
}

// A ring from its topmost left point on.
std::vector<std::pair<double, double>> from_top(const Ring& ring) {
  std::vector<std::pair<double, double>> points;
  size_t first = 0;
  for (size_t i = 1; i < ring.size(); ++i) {
    if (std::pair(ring[i].y, ring[i].x) < std::pair(ring[first].y, ring[first].x)) first = i;
  }
  for (size_t i = 0; i < ring.size(); ++i) {
    const outputs::Point& p = ring[(first + i) % ring.size()];
    points.emplace_back(p.x, p.y);
  }
  return points;
}

using Shape = std::vector<std::vector<std::pair<double, double>>>;

std::vector<Shape> sorted(const std::vector<Polygon>& polygons) {
  std::vector<Shape> shapes;
  for (const Polygon& polygon : polygons) {
    Shape shape;
    for (const Ring& hole : polygon.holes) shape.push_back(from_top(hole));
    std::sort(shape.begin(), shape.end());
    shape.insert(shape.begin(), from_top(polygon.outer));
    shapes.push_back(std::move(shape));
  }
  std::sort(shapes.begin(), shapes.end());
  return shapes;
}

void expect_as_whole(const at::Tensor& ids, double tolerance = 0) {
  const Outlines found = traced(ids, tolerance);
  for (int32_t id = 1; id <= ids.max().item<int32_t>(); ++id) {
    const auto expected = outputs::mask_polygons(ids.eq(id), tolerance);
    const auto place = found.find(id);
    const auto got = place == found.end() ? std::vector<Polygon>() : place->second;
    ASSERT_EQ(sorted(got), sorted(expected)) << "id " << id << " of\n" << ids;
  }
}

TEST(OutlineTracer, ASquareHasFourCorners) {
  at::Tensor ids = at::zeros({5, 6}, at::kInt);
  ids.slice(0, 1, 4).slice(1, 2, 5).fill_(7);
  const Outlines found = traced(ids);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found.at(7).size(), 1u);
  EXPECT_EQ(from_top(found.at(7)[0].outer),
            (std::vector<std::pair<double, double>>{{2, 1}, {5, 1}, {5, 4}, {2, 4}}));
}

TEST(OutlineTracer, APieceThatFillsThePictureIsClosed) {
  expect_as_whole(at::ones({3, 4}, at::kInt));
}

TEST(OutlineTracer, HolesAndWhatLiesInThem) {
  at::Tensor ids = at::ones({12, 14}, at::kInt);
  ids.slice(0, 2, 9).slice(1, 2, 9).fill_(0);
  ids.slice(0, 4, 6).slice(1, 4, 7).fill_(2);
  ids.slice(0, 10, 11).slice(1, 11, 13).fill_(3);
  expect_as_whole(ids);
}

bool inside(const Ring& ring, double x, double y) {
  bool found = false;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const outputs::Point &a = ring[i], &b = ring[j];
    if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) found = !found;
  }
  return found;
}

int64_t polygons_at(const std::vector<Polygon>& polygons, double x, double y) {
  int64_t count = 0;
  for (const Polygon& polygon : polygons) {
    const bool in_hole = std::any_of(polygon.holes.begin(), polygon.holes.end(),
                                     [x, y](const Ring& hole) { return inside(hole, x, y); });
    count += inside(polygon.outer, x, y) && !in_hole ? 1 : 0;
  }
  return count;
}

void expect_simple(const Ring& ring, bool outer) {
  EXPECT_EQ(outputs::signed_area(ring) > 0, outer);
  EXPECT_GE(ring.size(), 4u);
  std::set<std::pair<double, double>> points;
  for (const outputs::Point& p : ring) {
    EXPECT_TRUE(points.emplace(p.x, p.y).second) << "a ring comes back to " << p.x << ", " << p.y;
  }
}

// Each pixel lies in one polygon of its id, and in none of the others.
void expect_pixels(const at::Tensor& ids) {
  const Outlines found = traced(ids);
  for (const auto& [id, polygons] : found) {
    for (const Polygon& polygon : polygons) {
      expect_simple(polygon.outer, true);
      for (const Ring& hole : polygon.holes) expect_simple(hole, false);
    }
    for (int64_t y = 0; y < ids.size(0); ++y) {
      for (int64_t x = 0; x < ids.size(1); ++x) {
        const int64_t expected = ids[y][x].item<int32_t>() == id ? 1 : 0;
        ASSERT_EQ(polygons_at(polygons, static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5),
                  expected)
            << "id " << id << " at " << x << ", " << y << " of\n"
            << ids;
      }
    }
  }
}

TEST(OutlineTracer, PixelsThatTouchAtACornerAreApart) {
  at::Tensor ids = at::zeros({6, 6}, at::kInt);
  for (int64_t i = 0; i < 6; ++i) ids[i][i].fill_(1);
  EXPECT_EQ(traced(ids).at(1).size(), 6u);
  expect_pixels(ids);
  expect_pixels(ids.eq(0).to(at::kInt));
  at::Tensor holes = at::ones({7, 7}, at::kInt);  // two holes that touch at a corner
  holes[2][2] = 0;
  holes[3][3] = 0;
  ASSERT_EQ(traced(holes).at(1).size(), 1u);
  EXPECT_EQ(traced(holes).at(1)[0].holes.size(), 2u);
  expect_pixels(holes);
}

// Nested, touching and fraying pieces, and their ends at all four sides.
TEST(OutlineTracer, EveryPixelLiesInOnePolygon) {
  at::manual_seed(5);
  for (int trial = 0; trial < 40; ++trial) {
    const int64_t height = 1 + trial % 9, width = 1 + trial * 7 % 13;
    at::Tensor ids = at::randint(0, 2 + trial % 3, {height, width}, at::kInt);
    if (trial % 2 == 0) ids = ids.repeat_interleave(2, 0).repeat_interleave(2, 1);
    expect_pixels(ids);
  }
}

TEST(OutlineTracer, SimplifiesAsWholeMasksAre) {
  const at::Tensor y = at::arange(60).view({-1, 1}), x = at::arange(80).view({1, -1});
  const at::Tensor disc = ((y - 30).pow(2) + (x - 40).pow(2)).lt(500).to(at::kInt);
  const Outlines found = traced(disc, 1);
  ASSERT_EQ(found.at(1).size(), 1u);
  const Polygon& polygon = found.at(1)[0];
  EXPECT_LT(polygon.outer.size(), 40u);
  EXPECT_NEAR(outputs::area(polygon), disc.sum().item<double>(), 40);
}

}  // namespace
}  // namespace fcclip::tiles
