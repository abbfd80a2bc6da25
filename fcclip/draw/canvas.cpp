#include "fcclip/draw/canvas.h"

#include <numbers>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"

namespace fcclip::draw {

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

}  // namespace fcclip::draw
