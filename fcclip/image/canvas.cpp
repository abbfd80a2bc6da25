#include "fcclip/image/canvas.h"

#include <cmath>
#include <numbers>
#include <pango/pangocairo.h>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"

namespace fcclip::image {
namespace {

struct ReleaseObject {
  void operator()(void* object) const { g_object_unref(object); }
};
using Layout = std::unique_ptr<PangoLayout, ReleaseObject>;

Layout make_layout(cairo_t* cairo, const Text& text) {
  Layout layout(pango_cairo_create_layout(cairo));
  PangoFontDescription* font = pango_font_description_from_string("Sans Bold");
  pango_font_description_set_absolute_size(font, text.font_px * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  const std::string line = text.detail.empty() ? text.name : text.name + " " + text.detail;
  pango_layout_set_text(layout.get(), line.c_str(), static_cast<int>(line.size()));
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  if (!text.detail.empty()) {
    PangoAttrList* attributes = pango_attr_list_new();
    for (PangoAttribute* attribute :
         {pango_attr_weight_new(PANGO_WEIGHT_NORMAL), pango_attr_scale_new(0.85),
          pango_attr_foreground_alpha_new(0xd000)}) {
      attribute->start_index = static_cast<guint>(text.name.size());
      pango_attr_list_insert(attributes, attribute);
    }
    pango_layout_set_attributes(layout.get(), attributes);
    pango_attr_list_unref(attributes);
  }
  return layout;
}

}  // namespace

std::string drawable(const std::string& name) {
  gchar* valid = g_utf8_make_valid(name.data(), static_cast<gssize>(name.size()));
  std::string out;
  int64_t count = 0;
  for (const gchar* at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
    if (++count > 48) {
      out += "…";
      break;
    }
    const gunichar character = g_utf8_get_char(at);
    const bool control = g_unichar_iscntrl(character) || character == 0x2028 || character == 0x2029;
    out.append(control ? " " : std::string(at, static_cast<const gchar*>(g_utf8_next_char(at))));
  }
  g_free(valid);
  return out;
}

void Canvas::open(int64_t height, int64_t width) {
  // Cairo's limit; larger pictures are made smaller by the caller.
  if (height < 1 || width < 1 || height > 32000 || width > 32000) {
    fail(ErrorCode::invalid_argument, "cannot draw on a picture of ", height, " x ", width,
         " pixels (height x width), expected 1 to 32000 each");
  }
  surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width),
                                            static_cast<int>(height)));
  cairo_.reset(cairo_create(surface_.get()));
  if (cairo_status(cairo_.get()) != CAIRO_STATUS_SUCCESS) {
    fail(ErrorCode::out_of_memory, "no canvas of ", height, " x ", width,
         " pixels: ", cairo_status_to_string(cairo_status(cairo_.get())));
  }
}

Canvas::Canvas(int64_t height, int64_t width, const Colour& background) {
  open(height, width);
  set_colour(background);
  cairo_paint(cairo_.get());
}

Canvas::Canvas(const at::Tensor& rgb) {
  open(rgb.size(0), rgb.size(1));
  const at::Tensor pixels = rgb.contiguous();
  const uint8_t* in = pixels.data_ptr<uint8_t>();
  cairo_surface_flush(surface_.get());
  unsigned char* rows = cairo_image_surface_get_data(surface_.get());
  const int64_t stride = cairo_image_surface_get_stride(surface_.get());
  for (int64_t y = 0; y < rgb.size(0); ++y) {
    auto* row = reinterpret_cast<uint32_t*>(rows + y * stride);
    for (int64_t x = 0; x < rgb.size(1); ++x, in += 3) {
      row[x] = 0xff000000u | uint32_t{in[0]} << 16 | uint32_t{in[1]} << 8 | in[2];
    }
  }
  cairo_surface_mark_dirty(surface_.get());
}

at::Tensor Canvas::to_rgb() const {
  cairo_surface_flush(surface_.get());
  const int64_t height = cairo_image_surface_get_height(surface_.get());
  const int64_t width = cairo_image_surface_get_width(surface_.get());
  const unsigned char* rows = cairo_image_surface_get_data(surface_.get());
  const int64_t stride = cairo_image_surface_get_stride(surface_.get());
  at::Tensor rgb = at::empty({height, width, 3}, at::kByte);
  uint8_t* out = rgb.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(rows + y * stride);
    for (int64_t x = 0; x < width; ++x, out += 3) {
      for (int c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>(row[x] >> (16 - 8 * c));
    }
  }
  return rgb;
}

void Canvas::set_colour(const Colour& colour, double opacity) const {
  cairo_set_source_rgba(cairo_.get(), colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0,
                        opacity);
}

void Canvas::rounded_box(double x, double y, double width, double height, double radius) const {
  constexpr double kQuarter = std::numbers::pi / 2;
  cairo_t* cr = cairo_.get();
  cairo_new_sub_path(cr);
  cairo_arc(cr, x + width - radius, y + radius, radius, -kQuarter, 0);
  cairo_arc(cr, x + width - radius, y + height - radius, radius, 0, kQuarter);
  cairo_arc(cr, x + radius, y + height - radius, radius, kQuarter, 2 * kQuarter);
  cairo_arc(cr, x + radius, y + radius, radius, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cr);
}

TextSize Canvas::measure(const Text& text) const {
  int width = 0, height = 0;
  pango_layout_get_size(make_layout(cairo_.get(), text).get(), &width, &height);
  return {static_cast<double>(width) / PANGO_SCALE, static_cast<double>(height) / PANGO_SCALE};
}

void Canvas::draw_text(const Text& text, double x, double y, const Colour& colour) const {
  set_colour(colour);
  cairo_move_to(cairo_.get(), x, y);
  pango_cairo_show_layout(cairo_.get(), make_layout(cairo_.get(), text).get());
}

}  // namespace fcclip::image
