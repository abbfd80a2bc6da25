#include "fcclip/tiles/mosaic.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/errors.h"

namespace fcclip::tiles {
namespace {

namespace fs = std::filesystem;

// What a perfect network says of a window: ids of a truth, renumbered from 1 as each window has it.
// Classes: ids below 100 are things of class 0, those from 100 on stuff of class id − 99.
results::Segmentation seen(const at::Tensor& truth, const WindowGrid& grid, int64_t r, int64_t c) {
  const at::Tensor part = truth.slice(0, grid.rows.begin(r), grid.rows.end(r))
                              .slice(1, grid.columns.begin(c), grid.columns.end(c));
  results::PanopticSegmentation found;
  found.ids = at::zeros_like(part);
  for (const int32_t id : {1, 2, 3, 4, 5, 6, 7, 100, 101}) {
    const at::Tensor mask = part.eq(id);
    const auto area = mask.sum().item<int64_t>();
    if (area == 0) continue;
    results::Segment segment;
    segment.id = std::ssize(found.segments) + 1;
    segment.class_index = id < 100 ? 0 : id - 99;
    segment.is_thing = id < 100;
    segment.score = 0.5;
    segment.name = id < 100 ? "thing" : "stuff";
    segment.area_px = area;
    found.segments.push_back(segment);
    found.ids.masked_fill_(mask, segment.id);
  }
  return {{part.size(0), part.size(1)}, std::move(found)};
}

// The picture put together again, and its segments.
std::pair<at::Tensor, std::vector<results::Segment>> assembled(const at::Tensor& truth,
                                                               const TileOptions& tiles) {
  const WindowGrid grid({truth.size(0), truth.size(1)}, tiles);
  Mosaic mosaic(grid, fs::temp_directory_path());
  for (int64_t r = 0; r < grid.rows.count(); ++r) {
    for (int64_t c = 0; c < grid.columns.count(); ++c) mosaic.add(seen(truth, grid, r, c), {});
  }
  std::vector<results::Segment> segments = mosaic.finish();
  return {mosaic.read_rows(truth.size(0)), std::move(segments)};
}

// Each truth id has one id in the result and the other way round.
void expect_same_parts(const at::Tensor& found, const at::Tensor& truth) {
  std::set<std::pair<int32_t, int32_t>> pairs;
  const at::Tensor a = found.contiguous(), b = truth.contiguous();
  for (int64_t i = 0; i < a.numel(); ++i) {
    pairs.emplace(a.const_data_ptr<int32_t>()[i], b.const_data_ptr<int32_t>()[i]);
  }
  std::set<int32_t> ids, truths;
  for (const auto& [id, other] : pairs) {
    EXPECT_TRUE(ids.insert(id).second) << "id " << id << " covers several";
    EXPECT_TRUE(truths.insert(other).second) << "truth " << other << " is in several";
    EXPECT_EQ(id == 0, other == 0);
  }
}

// Ground, void, things within windows, across one seam, across a corner, and across many windows.
at::Tensor landscape() {
  at::Tensor truth = at::full({230, 310}, 100, at::kInt);
  truth.slice(1, 200, 310).fill_(101);
  truth.slice(0, 0, 20).slice(1, 0, 30).fill_(0);
  truth.slice(0, 30, 50).slice(1, 10, 40).fill_(1);
  truth.slice(0, 30, 60).slice(1, 50, 120).fill_(2);
  truth.slice(0, 85, 130).slice(1, 85, 130).fill_(3);
  truth.slice(0, 150, 160).slice(1, 5, 305).fill_(4);
  truth.slice(0, 170, 190).slice(1, 90, 100).fill_(5);  // two neighbours
  truth.slice(0, 170, 190).slice(1, 100, 112).fill_(6);
  truth.slice(0, 215, 230).slice(1, 290, 310).fill_(7);
  return truth;
}

TEST(Mosaic, PutsThePictureTogetherAgain) {
  const at::Tensor truth = landscape();
  for (const TileOptions& tiles :
       {TileOptions{64, 16}, TileOptions{100, 20}, TileOptions{96, 48}, TileOptions{512, 64}}) {
    const auto [found, segments] = assembled(truth, tiles);
    expect_same_parts(found, truth);
    EXPECT_EQ(segments.size(), 9u) << tiles.tile;
  }
}

TEST(Mosaic, SegmentsHaveTheirAreasBoxesAndScores) {
  const at::Tensor truth = landscape();
  const auto [found, segments] = assembled(truth, {64, 16});
  int64_t all = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const results::Segment& segment = segments[i];
    EXPECT_EQ(segment.id, static_cast<int64_t>(i) + 1);
    const at::Tensor places = found.eq(segment.id).nonzero();
    EXPECT_EQ(segment.area_px, places.size(0));
    const auto least = std::get<0>(places.min(0)), most = std::get<0>(places.max(0));
    const int64_t y = least[0].item<int64_t>(), x = least[1].item<int64_t>();
    EXPECT_EQ(segment.box_xywh_px, (std::array<int64_t, 4>{x, y, most[1].item<int64_t>() - x + 1,
                                                           most[0].item<int64_t>() - y + 1}));
    EXPECT_DOUBLE_EQ(segment.score, 0.5);
    all += segment.area_px;
  }
  EXPECT_EQ(all, truth.ne(0).sum().item<int64_t>());
}

TEST(Mosaic, WithoutOverlapThingsStayApart) {
  at::Tensor truth = at::full({64, 128}, 100, at::kInt);
  truth.slice(0, 20, 40).slice(1, 50, 80).fill_(1);
  EXPECT_EQ(assembled(truth, {64, 0}).second.size(), 3u);
  EXPECT_EQ(assembled(truth, {64, 16}).second.size(), 2u);
}

// Windows that see nearly the same pixels see one thing; its name is the one with most support.
TEST(Mosaic, OneMaskIsOneThingWhateverItIsCalled) {
  MergedSegments merged;
  results::Segment tram, bus;
  tram.class_index = 1;
  tram.score = 0.3;
  bus.class_index = 2;
  bus.score = 0.9;
  const int32_t a = merged.add(tram, 100), b = merged.add(bus, 80), c = merged.add(bus, 60);
  at::Tensor second = at::full({10, 10}, b, at::kInt);
  second[0].slice(0, 0, 5).fill_(0);
  merged.join_across(at::full({10, 10}, a, at::kInt), second);
  second = at::full({10, 10}, c, at::kInt);
  second.slice(0, 0, 5).fill_(0);  // half of it
  merged.join_across(at::full({10, 10}, a, at::kInt), second);
  for (const int32_t id : {a, b, c}) merged.count(id, id, 0, 5);
  const MergedSegments::Result result = merged.finish();
  EXPECT_EQ(result.final_ids, (std::vector<int32_t>{0, 1, 1, 2}));
  EXPECT_EQ(result.segments[0].class_index, 2);
  EXPECT_DOUBLE_EQ(result.segments[0].score, 0.9);
  EXPECT_EQ(result.segments[0].area_px, 10);
}

TEST(Mosaic, ThingsOfOtherClassesAreNotJoined) {
  MergedSegments merged;
  results::Segment one, other;
  one.class_index = 1;
  other.class_index = 2;
  const int32_t a = merged.add(one, 10), b = merged.add(other, 10), c = merged.add(one, 20);
  const auto map = [](int32_t id) { return at::full({4, 4}, id, at::kInt); };
  at::Tensor half = map(b);
  half[0].fill_(0);
  half[1].fill_(0);
  merged.join_across(map(a), half);
  merged.join_across(map(a), map(c));
  for (const int32_t id : {a, b, c}) merged.count(id, id, 0, 5);
  const MergedSegments::Result result = merged.finish();
  EXPECT_EQ(result.segments.size(), 2u);
  EXPECT_EQ(result.final_ids, (std::vector<int32_t>{0, 1, 2, 1}));
}

// Of two things that one meets, the one that overlaps it more is its other half.
TEST(Mosaic, AThingIsJoinedWithOneOther) {
  MergedSegments merged;
  results::Segment thing;
  std::vector<int32_t> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(merged.add(thing, 10));
  const at::Tensor first = at::full({1, 10}, ids[0], at::kInt);
  at::Tensor second = at::full({1, 10}, ids[1], at::kInt);
  second.slice(1, 6).fill_(ids[2]);
  merged.join_across(first, second);
  for (const int32_t id : ids) merged.count(id, 0, id, 1);
  EXPECT_EQ(merged.finish().final_ids, (std::vector<int32_t>{0, 1, 1, 2}));
}

TEST(Mosaic, WhatIsNotValidBelongsToNothing) {
  const WindowGrid grid({64, 112}, {64, 16});
  Mosaic mosaic(grid, fs::temp_directory_path());
  const at::Tensor truth = at::full({64, 112}, 100, at::kInt);
  at::Tensor valid = at::ones({64, 64}, at::kBool);
  valid.slice(0, 0, 10).fill_(false);
  mosaic.add(seen(truth, grid, 0, 0), valid);
  mosaic.add_nothing();
  ASSERT_EQ(mosaic.finish().size(), 1u);
  const at::Tensor found = mosaic.read_rows(64);
  EXPECT_EQ(found.slice(0, 0, 10).max().item<int>(), 0);
  EXPECT_EQ(found.slice(1, 56).max().item<int>(), 0);
  EXPECT_EQ(found.slice(0, 10).slice(1, 0, 56).min().item<int>(), 1);
}

TEST(Mosaic, SemanticAnswersHaveASegmentAClass) {
  const WindowGrid grid({64, 112}, {64, 16});
  Mosaic mosaic(grid, fs::temp_directory_path());
  for (int64_t c = 0; c < 2; ++c) {
    results::SemanticSegmentation found;
    found.labels = at::full({64, 64}, 3, at::kInt);
    found.labels.slice(0, 0, 8).fill_(-1);
    results::Segment segment;
    segment.class_index = 3;
    found.segments = {segment};
    mosaic.add({{64, 64}, std::move(found)}, {});
  }
  const auto& segments = mosaic.finish();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].area_px, 56 * 112);
}

TEST(WindowGrid, WindowsCoverThePictureAndOwnEachPixelOnce) {
  for (const int64_t extent : {1, 63, 64, 65, 112, 113, 500}) {
    const WindowAxis axis(extent, {64, 16});
    int64_t next = 0;
    for (int64_t i = 0; i < axis.count(); ++i) {
      EXPECT_EQ(axis.owned_begin(i), next);
      next = axis.owned_end(i);
      EXPECT_GE(axis.owned_begin(i), axis.begin(i));
      EXPECT_LE(next, axis.end(i));
      EXPECT_LE(axis.end(i), extent);
      if (i > 0) {
        EXPECT_GE(axis.end(i - 1) - axis.begin(i), 16);
      }
    }
    EXPECT_EQ(next, extent);
  }
}

TEST(WindowGrid, RefusesWhatCannotWork) {
  EXPECT_ERROR(invalid_argument, "a tile of 63 pixels", check_tiles({63, 0}));
  EXPECT_ERROR(invalid_argument, "expected 0 to 50, half the tile", check_tiles({100, 51}));
  EXPECT_ERROR(invalid_argument, "an overlap of -1 pixels", check_tiles({100, -1}));
}

}  // namespace
}  // namespace fcclip::tiles
