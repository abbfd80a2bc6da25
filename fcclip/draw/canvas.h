#pragma once
// A Cairo picture that comes from and goes to a tensor. Internal to the folder.

#include <cairo.h>
#include <memory>

#include <ATen/core/Tensor.h>

#include "fcclip/draw/palette.h"

namespace fcclip::draw {

class Canvas {
 public:
  Canvas(int64_t height, int64_t width, const Colour& background);
  explicit Canvas(const at::Tensor& rgb);

  at::Tensor to_rgb() const;
  cairo_t* cairo() const { return cairo_.get(); }
  void set_colour(const Colour& colour, double opacity = 1) const;
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
