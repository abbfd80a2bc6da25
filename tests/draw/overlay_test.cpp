#include "fcclip/draw/overlay.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "tests/support/errors.h"

namespace fcclip::draw {
namespace {

at::Tensor grey(int64_t height, int64_t width) {
  return at::full({height, width, 3}, 128, at::kByte);
}

results::Segment named(int64_t id, const std::string& name, double score = -1) {
  results::Segment segment;
  segment.id = id;
  segment.class_index = id;
  segment.name = name;
  segment.score = score;
  return segment;
}

/// Left half 1, right half 2.
results::Segmentation two_halves(int64_t height, int64_t width) {
  results::PanopticSegmentation found{at::ones({height, width}, at::kInt), {}};
  found.ids.slice(1, width / 2).fill_(2);
  found.segments = {named(1, "left", 0.9), named(2, "right", 0.8)};
  return {{height, width}, std::move(found)};
}

/// Columns 0 to 9 and, within them, a smaller one: rows 0 to 99 of columns 2 and 3.
results::Segmentation large_and_small(double large_score, double small_score) {
  results::Segment small = named(0, "small", small_score), large = named(1, "large", large_score);
  small.rle_counts = {1600, 100, 700, 100, 637500};
  large.rle_counts = {0, 8000, 632000};
  return {{800, 800}, results::InstanceSegmentation{{small, large}}};
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

TEST(Overlay, ItsSizeIsKnownBefore) {
  EXPECT_EQ(overlay_size({300, 400}), (Size{576, 768}));
  EXPECT_EQ(overlay_size({1000, 1200}), (Size{1000, 1200}));
  EXPECT_EQ(overlay_size({8192, 4}), (Size{4096, 2}));
}

TEST(Overlay, FillsEachSegmentWithItsColourOnly) {
  results::Segmentation input = two_halves(800, 800);
  input.segments().pop_back();  // the right half has no entry
  OverlayOptions options;
  options.class_colours = {{}, {255, 0, 0}};
  options.labels = false;
  const at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_TRUE(drawn.slice(1, 402).eq(128).all().item<bool>());
  const at::Tensor inside = drawn[400][200];
  EXPECT_EQ(inside[0].item<int>(), 185);  // 128 + 0.45 (255 − 128)
  EXPECT_EQ(inside[1].item<int>(), 70);
}

TEST(Overlay, SegmentsMayHaveColoursOfTheirOwn) {
  const results::Segmentation input = two_halves(800, 800);
  OverlayOptions options;
  options.labels = false;
  options.segment_colours = {{255, 0, 0}, {0, 0, 255}};
  const at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[400][200][0].item<int>(), 185);
  EXPECT_EQ(drawn[400][600][2].item<int>(), 185);
  EXPECT_EQ(drawn[400][600][0].item<int>(), 70);
  options.segment_colours.pop_back();
  EXPECT_ERROR(invalid_argument, "1 colours for 2 segments",
               draw_overlay(grey(800, 800), input, options));
}

TEST(Overlay, LabelsAreDrawnInsideTheirSegments) {
  const results::Segmentation input = two_halves(800, 800);
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
  results::Segmentation input = two_halves(300, 300);
  input.segments()[0].name =
      "\xf0\x9f\x90\xb1 \xe7\x8c\xab \xd9\x82\xd8\xb7\xd8\xa9 <b>&amp;</b>\n\t";
  input.segments()[1].name = std::string("\xff\xfe broken\0 bytes", 16) + std::string(5000, 'x');
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
  results::Segmentation input = large_and_small(-1, -1);
  OverlayOptions options;
  options.class_colours = {{255, 0, 0}, {0, 0, 255}};
  options.labels = options.outlines = false;
  const at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[50][2][0].item<int>(), 185) << "the smaller one is on top";
  EXPECT_EQ(drawn[150][2][2].item<int>(), 185);
  EXPECT_TRUE(drawn.slice(1, 10).eq(128).all().item<bool>());
  input.segments()[0].rle_counts = {0, 640001};
  EXPECT_ERROR(invalid_argument, "run lengths of a mask cover more than the picture's 800 x 800",
               draw_overlay(grey(800, 800), input, options));
}

TEST(Overlay, ExtremePictures) {
  OverlayOptions options;
  options.boxes = options.legend = true;
  for (const auto& [height, width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 5000}, {5000, 1}, {2, 3}}) {
    results::Segmentation input = two_halves(height, width);
    input.segments()[0].box_xywh_px = {0, 0, 1, 1};
    EXPECT_EQ(draw_overlay(grey(height, width), input, options).dim(), 3) << height << " " << width;
  }
}

TEST(Overlay, ManySmallSegments) {
  results::PanopticSegmentation found;
  found.ids =
      at::arange(400, at::kInt).view({20, 20}).repeat_interleave(16, 0).repeat_interleave(16, 1);
  for (int64_t id = 0; id < 400; ++id)
    found.segments.push_back(named(id, "thing " + std::to_string(id), 0.5));
  const results::Segmentation input{{320, 320}, std::move(found)};
  EXPECT_EQ(draw_overlay(grey(320, 320), input).size(0), 768);
}

TEST(Overlay, RefusesMapsOfAnotherSize) {
  EXPECT_ERROR(shape_mismatch, "id map of an overlay: expected shape [10, 10]",
               draw_overlay(grey(10, 10), two_halves(10, 11)));
  EXPECT_ERROR(shape_mismatch, "picture under an overlay: expected shape [*, *, 3]",
               draw_overlay(at::zeros({10, 10}), two_halves(10, 10)));
  EXPECT_ERROR(shape_mismatch, "picture under an overlay has no pixels",
               draw_overlay(grey(0, 10), two_halves(0, 10)));
}

TEST(Overlay, EveryClassNeedsAColour) {
  OverlayOptions options;
  options.class_colours = {{}, {255, 0, 0}};  // of class 1, not of class 2
  EXPECT_ERROR(invalid_argument, "class 2 has none of 2 colours",
               draw_overlay(grey(80, 80), two_halves(80, 80), options));
}

TEST(Overlay, SemanticLabelsAreClasses) {
  results::SemanticSegmentation found{at::full({800, 800}, -1, at::kInt), {named(1, "sky")}};
  found.labels.slice(1, 0, 400).fill_(7);
  found.segments[0].class_index = 7;
  OverlayOptions options;
  options.labels = false;
  const at::Tensor drawn = draw_overlay(grey(800, 800), {{800, 800}, std::move(found)}, options);
  EXPECT_TRUE(drawn.slice(1, 0, 398).ne(128).any(2).all().item<bool>());
  EXPECT_TRUE(drawn.slice(1, 402).eq(128).all().item<bool>());
}

TEST(Overlay, ThingsOfOneNameDiffer) {
  std::vector<results::Segment> segments = {named(1, "cat"), named(2, "cat"), named(3, "sky"),
                                            named(4, "sky")};
  segments[2].is_thing = segments[3].is_thing = false;
  const std::vector<Colour> colours = overlay_colours(segments);
  EXPECT_NE(colours[0], colours[1]);
  EXPECT_EQ(colours[2], colours[3]);
  EXPECT_NE(colours[0], colours[2]);
}

TEST(Overlay, HigherScoresCoverLowerOnes) {
  // A small mask in a large one of a higher score, and the other way round.
  results::Segmentation input = large_and_small(0.9, 0.2);
  OverlayOptions options;
  options.class_colours = {{255, 0, 0}, {0, 0, 255}};
  options.labels = options.outlines = false;
  at::Tensor drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[50][2][2].item<int>(), 185);
  input.segments()[0].score = 0.95;
  drawn = draw_overlay(grey(800, 800), input, options);
  EXPECT_EQ(drawn[50][2][0].item<int>(), 185);
  input.segments()[0].score = std::nan("");
  EXPECT_EQ(draw_overlay(grey(800, 800), input, options)[50][2][2].item<int>(), 185);
}

TEST(Overlay, TellsOfCharactersWithoutAFont) {
  results::Segmentation input = two_halves(800, 800);
  input.segments()[0].name = "\xf3\xb0\x80\x80";  // of a private area
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
  const results::Segmentation input{
      {768, 768}, results::PanopticSegmentation{at::ones({768, 768}, at::kInt), {named(1, "")}}};
  const Colour colour_of_class = {7, 130, 251};
  OverlayOptions options;
  options.class_colours = {{}, colour_of_class};
  options.fill_opacity = 0.37;
  const at::Tensor drawn = draw_overlay(under.contiguous(), input, options);
  for (int64_t x = 0; x < 768; x += 3) {
    for (int c = 0; c < 3; ++c) {
      const int grey_value = static_cast<int>(x / 3), colour = colour_of_class[c];
      EXPECT_EQ(drawn[300][x][c].item<int>(),
                std::lround(grey_value + (colour - grey_value) * 0.37));
    }
  }
}

}  // namespace
}  // namespace fcclip::draw
