#pragma once
// A Cairo picture that comes from and goes to a tensor. Internal to the folder.

#include <cairo.h>
#include <memory>

#include <ATen/core/Tensor.h>

#include "fcclip/draw/palette.h"

namespace fcclip::draw {

/// A picture of 24 bits that Cairo draws on. Throws Error{invalid_argument} for sides outside 1 …
/// 32000, Error{out_of_memory}.
class Canvas {
 public:
  /// Of one colour; sides in pixels.
  Canvas(int64_t height, int64_t width, const Colour& background);
  /// A copy of rgb [h, w, 3] uint8.
  explicit Canvas(const at::Tensor& rgb);

  /// What was drawn: [h, w, 3] uint8.
  at::Tensor to_rgb() const;
  cairo_t* cairo() const { return cairo_.get(); }
  /// For what is drawn next; opacity 0 … 1.
  void set_colour(const Colour& colour, double opacity = 1) const;
  /// Adds the box to the path: upper left corner, sides and radius in pixels.
  void rounded_box(double x, double y, double width, double height, double radius) const;

 private:
  template <auto kFree>
  struct Release {
    template <typename T>
    void operator()(T* object) const {
      kFree(object);
    }
  };
  void open(int64_t height, int64_t width);

  std::unique_ptr<cairo_surface_t, Release<cairo_surface_destroy>> surface_;
  std::unique_ptr<cairo_t, Release<cairo_destroy>> cairo_;
};

}  // namespace fcclip::draw
