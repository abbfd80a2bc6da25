#include "fcclip/draw/overlay.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "fcclip/core/check.h"
#include "fcclip/draw/border_distance.h"
#include "fcclip/draw/canvas.h"
#include "fcclip/draw/label_placement.h"
#include "fcclip/draw/legend.h"
#include "fcclip/draw/lettering.h"
#include "fcclip/draw/segment_map.h"
#include "fcclip/ops/resize_u8.h"

namespace fcclip::draw {
namespace {

using Segments = std::vector<results::Segment>;

constexpr Colour kWhite = {255, 255, 255}, kDark = {18, 18, 20};

/// What is drawn: for every pixel its segment (or −1) and how deep it lies in it, and the segments'
/// colours.
struct Scene {
  at::Tensor map, distance;
  std::vector<Colour> colours;
};

/// How one segment's colour changes what lies under it, a table a channel.
struct Tint {
  std::array<std::array<uint8_t, 256>, 3> inside, line;
};

/// `edge` is 1 on the line at a segment's border, brighter than the fill, and 0 inside.
uint8_t tinted(uint8_t under, uint8_t colour, double edge, double fill_opacity) {
  const double opacity = fill_opacity + edge * (0.95 - fill_opacity);
  const auto over = static_cast<int>(colour + edge * 0.25 * (255 - colour));
  return static_cast<uint8_t>(std::lround(under + (over - under) * opacity));
}

std::vector<Tint> make_tints(const std::vector<Colour>& colours, double fill_opacity) {
  std::vector<Tint> tints(colours.size());
  for (size_t i = 0; i < colours.size(); ++i) {
    for (size_t c = 0; c < 3; ++c) {
      for (int under = 0; under < 256; ++under) {
        const auto byte = static_cast<uint8_t>(under);
        tints[i].inside[c][byte] = tinted(byte, colours[i][c], 0, fill_opacity);
        tints[i].line[c][byte] = tinted(byte, colours[i][c], 1, fill_opacity);
      }
    }
  }
  return tints;
}

/// Translucent inside; at its border a thin line of the segment's own colour, falling to the fill
/// within a pixel behind it.
void fill_segments(at::Tensor& rgb, const Scene& scene, const OverlayOptions& options) {
  const int64_t width = rgb.size(1);
  const double line =
      options.outlines ? std::max(1.0, static_cast<double>(std::max(rgb.size(0), width)) / 640) : 0;
  const std::vector<Tint> tints = make_tints(scene.colours, options.fill_opacity);
  uint8_t* pixels = rgb.data_ptr<uint8_t>();
  const int32_t* position = scene.map.data_ptr<int32_t>();
  const float* depth = scene.distance.data_ptr<float>();
  at::parallel_for(0, rgb.size(0), 64, [&](int64_t begin, int64_t end) {
    uint8_t* pixel = pixels + 3 * begin * width;
    for (int64_t i = begin * width; i < end * width; ++i, pixel += 3) {
      if (position[i] < 0) continue;
      const auto segment = static_cast<size_t>(position[i]);
      const Tint& tint = tints[segment];
      const double edge = line + 1 - depth[i];
      if (edge <= 0) {
        for (size_t c = 0; c < 3; ++c) pixel[c] = tint.inside[c][pixel[c]];
      } else if (edge >= 1) {
        for (size_t c = 0; c < 3; ++c) pixel[c] = tint.line[c][pixel[c]];
      } else {
        for (size_t c = 0; c < 3; ++c)
          pixel[c] = tinted(pixel[c], scene.colours[segment][c], edge, options.fill_opacity);
      }
    }
  });
}

double base_font(Size size) {
  const double side = std::sqrt(static_cast<double>(size.height * size.width));
  return std::clamp(0.027 * side, 14.0, 60.0);
}

std::string score_text(double score) {
  if (!(score >= 0)) return "";
  char text[32];
  snprintf(text, sizeof text, "%.2f", std::min(score, 1e6));
  return text;
}

void draw_boxes(const Canvas& canvas, const Segments& segments, const std::vector<Colour>& colours,
                double scale, double line) {
  cairo_set_line_width(canvas.cairo(), line);
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::array<int64_t, 4>& box = segments[i].box_xywh_px;
    if (box[2] == 0) continue;
    canvas.set_colour(colours[i]);
    cairo_rectangle(canvas.cairo(), static_cast<double>(box[0]) * scale,
                    static_cast<double>(box[1]) * scale, static_cast<double>(box[2]) * scale,
                    static_cast<double>(box[3]) * scale);
    cairo_stroke(canvas.cairo());
  }
}

void draw_leader(const Canvas& canvas, const PlacedLabel& label, const Colour& colour) {
  cairo_t* cr = canvas.cairo();
  const double x = std::clamp(label.anchor_x, label.box.x, label.box.x + label.box.width);
  const double y = std::clamp(label.anchor_y, label.box.y, label.box.y + label.box.height);
  const double line = std::max(1.2, label.text.font_px / 11);
  for (const auto& [ink, width] : {std::pair(kDark, 2.2 * line), std::pair(colour, line)}) {
    canvas.set_colour(ink, 0.9);
    cairo_set_line_width(cr, width);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, label.anchor_x, label.anchor_y);
    cairo_stroke(cr);
    cairo_arc(cr, label.anchor_x, label.anchor_y, 1.1 * width, 0, 6.2832);
    cairo_fill(cr);
  }
}

/// White on a dark plate with an edge in the segment's colour: legible on everything.
void draw_label(const Canvas& canvas, const Lettering& lettering, const PlacedLabel& label,
                const Colour& colour) {
  const double font = label.text.font_px, edge = std::max(1.0, font / 14);
  const Box& box = label.box;
  canvas.rounded_box(box.x + edge / 2, box.y + edge / 2, box.width - edge, box.height - edge,
                     0.28 * font);
  canvas.set_colour(kDark, 0.78);
  cairo_fill_preserve(canvas.cairo());
  canvas.set_colour(colour, 0.95);
  cairo_set_line_width(canvas.cairo(), edge);
  cairo_stroke(canvas.cairo());
  lettering.draw(canvas.cairo(), label.text, box.x + kPadX * font, box.y + kPadY * font, kWhite);
}

void draw_labels(const Canvas& canvas, Lettering& lettering, const Scene& scene,
                 const Segments& segments, const OverlayOptions& options) {
  std::vector<LabelRequest> requests;
  for (size_t i = 0; i < segments.size(); ++i) {
    const results::Segment& segment = segments[i];
    requests.push_back({static_cast<int32_t>(i), drawable(segment.name),
                        options.scores ? score_text(segment.score) : ""});
  }
  PlacementOptions placement;
  placement.font_px = base_font({scene.map.size(0), scene.map.size(1)});
  placement.min_font_px = std::max(10.0, 0.55 * placement.font_px);
  placement.min_area_fraction = options.min_label_area;
  const std::vector<PlacedLabel> labels =
      place_labels(scene.map, scene.distance, requests, placement,
                   [&](const Text& text) { return lettering.measure(text); });
  for (const PlacedLabel& label : labels) {
    if (label.outside) draw_leader(canvas, label, scene.colours[label.request]);
  }
  for (const PlacedLabel& label : labels)
    draw_label(canvas, lettering, label, scene.colours[label.request]);
}

at::Tensor with_legend(const at::Tensor& drawn, Lettering& lettering, const Scene& scene,
                       const Segments& segments) {
  const auto count = std::ssize(segments);
  const at::Tensor areas = at::bincount(scene.map.flatten() + 1, {}, count + 1);
  // Several things of one name share an entry; the largest names come first.
  std::map<std::string, std::pair<int64_t, Colour>> by_name;
  for (int64_t i = 0; i < count; ++i) {
    const auto area = areas[i + 1].item<int64_t>();
    if (area == 0 || segments[i].name.empty()) continue;
    by_name.try_emplace(segments[i].name, 0, scene.colours[i]).first->second.first += area;
  }
  std::vector<std::pair<int64_t, LegendEntry>> ordered;
  for (const auto& [label, found] : by_name)
    ordered.push_back({found.first, {label, found.second}});
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<LegendEntry> entries;
  for (const auto& [area, entry] : ordered) entries.push_back(entry);
  if (entries.empty()) return drawn;
  const double font = 0.75 * base_font({scene.map.size(0), scene.map.size(1)});
  return at::cat({drawn, draw_legend(entries, drawn.size(1), std::max(12.0, font), lettering)}, 0);
}

void tell_fonts(const OverlayOptions& options, const Lettering& lettering) {
  if (!options.log) return;
  if (!lettering.usable()) {
    options.log(LogLevel::warning,
                "no font can be loaded, names are left out of overlays: install one (Debian and "
                "Ubuntu: fonts-dejavu-core)");
  } else if (!lettering.lacking().empty()) {
    options.log(LogLevel::warning,
                "no installed font has all characters of some names, boxes stand for them: install "
                "one that has (Debian and Ubuntu: " +
                    font_package(lettering.lacking()) + ")");
  }
}

std::vector<Colour> colours_of(const Segments& segments, const OverlayOptions& options) {
  if (options.segment_colours.empty()) return overlay_colours(segments, options.class_colours);
  if (options.segment_colours.size() != segments.size()) {
    fail(ErrorCode::invalid_argument, options.segment_colours.size(), " colours for ",
         segments.size(), " segments");
  }
  return options.segment_colours;
}

}  // namespace

std::vector<Colour> overlay_colours(const Segments& segments,
                                    const std::vector<Colour>& class_colours) {
  std::vector<Colour> colours;
  if (class_colours.empty()) {
    std::vector<std::string> names;
    for (const results::Segment& segment : segments) names.push_back(segment.name);
    colours = draw::class_colours(names);
  }
  std::map<std::string, int64_t> seen;
  for (size_t i = 0; i < segments.size(); ++i) {
    const results::Segment& segment = segments[i];
    if (!class_colours.empty()) {
      const auto k = static_cast<size_t>(segment.class_index);
      if (k >= class_colours.size()) {
        fail(ErrorCode::invalid_argument, "class ", segment.class_index, " has none of ",
             class_colours.size(), " colours");
      }
      colours.push_back(class_colours[k]);
    }
    if (segment.is_thing) colours[i] = variation(colours[i], seen[segment.name]++);
  }
  return colours;
}

Size overlay_size(const Size& picture, const OverlayOptions& options) {
  const auto height = static_cast<double>(picture.height);
  const auto width = static_cast<double>(picture.width);
  const double longer = std::max(height, width);
  const auto lowest = static_cast<double>(options.min_longer_side);
  const auto highest = static_cast<double>(options.max_longer_side);
  if (longer >= lowest && longer <= highest) return picture;
  const double scale = (longer < lowest ? lowest : highest) / longer;
  return {std::max<int64_t>(1, std::lround(height * scale)),
          std::max<int64_t>(1, std::lround(width * scale))};
}

at::Tensor draw_overlay(const at::Tensor& rgb, const results::Segmentation& segmentation,
                        const OverlayOptions& options) {
  check_shape("picture under an overlay", rgb, {kAny, kAny, 3});
  check_dtype("picture under an overlay", rgb, at::kByte);
  if (rgb.numel() == 0) fail(ErrorCode::shape_mismatch, "picture under an overlay has no pixels");
  const Size size = overlay_size({rgb.size(0), rgb.size(1)}, options);
  const Segments& segments = segmentation.segments();
  Scene scene;
  scene.map = resize_positions(segment_positions(segmentation, {rgb.size(0), rgb.size(1)}), size)
                  .contiguous();
  scene.distance = border_distance(scene.map);
  scene.colours = colours_of(segments, options);
  at::Tensor filled = ops::resize_bilinear_u8(rgb, size).contiguous();
  if (filled.is_alias_of(rgb)) filled = filled.clone();
  fill_segments(filled, scene, options);
  const Canvas canvas(filled);
  const double scale = static_cast<double>(size.width) / static_cast<double>(rgb.size(1));
  if (options.boxes)
    draw_boxes(canvas, segments, scene.colours, scale, std::max(1.0, base_font(size) / 12));
  if (!options.labels && !options.legend) return canvas.to_rgb();
  Lettering lettering(options.font_folder);
  if (!lettering.usable()) {
    tell_fonts(options, lettering);
    return canvas.to_rgb();
  }
  if (options.labels) draw_labels(canvas, lettering, scene, segments, options);
  at::Tensor drawn = canvas.to_rgb();
  if (options.legend) drawn = with_legend(drawn, lettering, scene, segments);
  tell_fonts(options, lettering);
  return drawn;
}

}  // namespace fcclip::draw
