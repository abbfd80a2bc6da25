#include "fcclip/draw/overlay.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"

namespace fcclip::draw {
namespace {

at::Tensor grey(int64_t height, int64_t width) {
  return at::full({height, width, 3}, 128, at::kByte);
}

/// Left half 1, right half 2.
OverlayInput two_halves(int64_t height, int64_t width) {
  OverlayInput input;
  input.ids = at::ones({height, width}, at::kInt);
  input.ids.slice(1, width / 2).fill_(2);
  input.segments = {{1, "left", 0.9}, {2, "right", 0.8}};
  return input;
}

TEST(Overlay, KeepsThePicturesSizeOrEnlargesIt) {
  EXPECT_EQ(draw_overlay(grey(600, 900), two_halves(600, 900)).sizes(),
            (at::IntArrayRef{600, 900, 3}));
  EXPECT_EQ(draw_overlay(grey(100, 50), two_halves(100, 50)).sizes(),
            (at::IntArrayRef{768, 384, 3}));
  OverlayOptions options;
  options.max_longer_side = 800;
  EXPECT_EQ(draw_overlay(grey(1000, 2000), two_halves(1000, 2000), options).sizes(),
            (at::IntArrayRef{400, 800, 3}));
}

TEST(Overlay, FillsEachSegmentWithItsColourOnly) {
  OverlayInput input = two_halves(800, 800);
  input.segments.pop_back();  // the right half has no entry
  input.segments[0].colour = Colour{255, 0, 0};
  OverlayOptions options;
  options.labels = false;
  const at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_TRUE(drawn.slice(1, 402).eq(128).all().item<bool>());
  const at::Tensor inside = drawn[400][200];
  EXPECT_EQ(inside[0].item<int>(), 185);  // 128 + 0.45 (255 − 128)
  EXPECT_EQ(inside[1].item<int>(), 70);
}

TEST(Overlay, LabelsAreDrawnInsideTheirSegments) {
  const OverlayInput input = two_halves(800, 800);
  OverlayOptions options;
  options.labels = false;
  const at::Tensor without = draw_overlay(grey(800, 800), input, options);
  options.labels = true;
  const at::Tensor changed = draw_overlay(grey(800, 800), input, options).ne(without).any(2);
  EXPECT_TRUE(changed.slice(1, 0, 390).any().item<bool>());
  EXPECT_TRUE(changed.slice(1, 410).any().item<bool>());
  EXPECT_FALSE(changed.slice(1, 395, 405).any().item<bool>());
}

TEST(Overlay, NamesOfAnyKindDoNotFail) {
  OverlayInput input = two_halves(300, 300);
  input.segments[0].label =
      "\xf0\x9f\x90\xb1 \xe7\x8c\xab \xd9\x82\xd8\xb7\xd8\xa9 <b>&amp;</b>\n\t";
  input.segments[1].label = std::string("\xff\xfe broken\0 bytes", 16) + std::string(5000, 'x');
  EXPECT_EQ(draw_overlay(grey(300, 300), input).dim(), 3);
}

TEST(Overlay, LegendIsAddedBelow) {
  OverlayOptions options;
  options.legend = true;
  const at::Tensor drawn = draw_overlay(grey(800, 800), two_halves(800, 800), options);
  EXPECT_GT(drawn.size(0), 810);
  EXPECT_EQ(drawn.size(1), 800);
}

TEST(Overlay, InstancesComeFromRunLengths) {
  OverlayInput input;
  // Columns 0 to 9 and, within them, a smaller one: rows 0 to 99 of columns 2 and 3.
  input.segments = {{0, "small"}, {0, "large"}};
  input.segments[0].rle_counts = {1600, 100, 700, 100, 637500};
  input.segments[0].colour = Colour{255, 0, 0};
  input.segments[1].rle_counts = {0, 8000, 632000};
  input.segments[1].colour = Colour{0, 0, 255};
  OverlayOptions options;
  options.labels = options.outlines = false;
  const at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[50][2][0].item<int>(), 185) << "the smaller one is on top";
  EXPECT_EQ(drawn[150][2][2].item<int>(), 185);
  EXPECT_TRUE(drawn.slice(1, 10).eq(128).all().item<bool>());
  input.segments[0].rle_counts = {0, 640001};
  EXPECT_THROW(draw_overlay(grey(800, 800), input, options), Error);
}

TEST(Overlay, ExtremePictures) {
  OverlayOptions options;
  options.boxes = options.legend = true;
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 5000}, {5000, 1}, {2, 3}}) {
    OverlayInput input = two_halves(height, width);
    input.segments[0].box_xywh_px = {0, 0, 1, 1};
    EXPECT_EQ(draw_overlay(grey(height, width), input, options).dim(), 3) << height << " " << width;
  }
}

TEST(Overlay, ManySmallSegments) {
  OverlayInput input;
  input.ids =
      at::arange(400, at::kInt).view({20, 20}).repeat_interleave(16, 0).repeat_interleave(16, 1);
  for (int64_t id = 0; id < 400; ++id)
    input.segments.push_back({id, "thing " + std::to_string(id), 0.5});
  EXPECT_EQ(draw_overlay(grey(320, 320), input).size(0), 768);
}

TEST(Overlay, RefusesMapsOfAnotherSize) {
  EXPECT_THROW(draw_overlay(grey(10, 10), two_halves(10, 11)), Error);
  EXPECT_THROW(draw_overlay(at::zeros({10, 10}), two_halves(10, 10)), Error);
  EXPECT_THROW(draw_overlay(grey(0, 10), two_halves(0, 10)), Error);
}

TEST(Overlay, ThingsOfOneNameDiffer) {
  const std::vector<Colour> colours = overlay_colours({{1, "cat"},
                                                       {2, "cat"},
                                                       {3, "sky", -1, std::nullopt, false},
                                                       {4, "sky", -1, std::nullopt, false}});
  EXPECT_NE(colours[0], colours[1]);
  EXPECT_EQ(colours[2], colours[3]);
  EXPECT_NE(colours[0], colours[2]);
}

TEST(Overlay, HigherScoresCoverLowerOnes) {
  OverlayInput input;
  // A small mask in a large one of a higher score, and the other way round.
  input.segments = {{0, "small", 0.2}, {0, "large", 0.9}};
  input.segments[0].rle_counts = {1600, 100, 700, 100, 637500};
  input.segments[0].colour = Colour{255, 0, 0};
  input.segments[1].rle_counts = {0, 8000, 632000};
  input.segments[1].colour = Colour{0, 0, 255};
  OverlayOptions options;
  options.labels = options.outlines = false;
  at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[50][2][2].item<int>(), 185);
  input.segments[0].score = 0.95;
  drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[50][2][0].item<int>(), 185);
  input.segments[0].score = std::nan("");
  EXPECT_EQ(draw_overlay(grey(800, 800), input, options)[50][2][2].item<int>(), 185);
}

TEST(Overlay, TellsOfCharactersWithoutAFont) {
  OverlayInput input = two_halves(800, 800);
  input.segments[0].label = "\xf3\xb0\x80\x80";  // of a private area
  std::vector<std::string> told;
  OverlayOptions options;
  options.log = [&told](LogLevel, const std::string& message) { told.push_back(message); };
  draw_overlay(grey(800, 800), input, options);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("font"), std::string::npos);
}

TEST(Overlay, FaintTintsAreExact) {
  // Every grey under one colour, against the formula.
  const at::Tensor under = at::arange(768, at::kInt)
                               .div(3, "floor")
                               .view({1, 768, 1})
                               .expand({768, 768, 3})
                               .to(at::kByte);
  OverlayInput input;
  input.ids = at::ones({768, 768}, at::kInt);
  input.segments = {{1, ""}};
  input.segments[0].colour = Colour{7, 130, 251};
  OverlayOptions options;
  options.fill_opacity = 0.37;
  const at::Tensor drawn = draw_overlay(under.contiguous(), input, options);
  for (int64_t x = 0; x < 768; x += 3) {
    for (int c = 0; c < 3; ++c) {
      const int grey_value = static_cast<int>(x / 3), colour = (*input.segments[0].colour)[c];
      EXPECT_EQ(drawn[300][x][c].item<int>(),
                std::lround(grey_value + (colour - grey_value) * 0.37));
    }
  }
}

}  // namespace
}  // namespace fcclip::draw
