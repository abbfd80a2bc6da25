#pragma once
// Textures and cut-outs painted on a canvas. Internal to the folder.

#include <cstdint>
#include <vector>

#include "fcclip/core/size.h"
#include "fcclip/scenes/pyramid.h"

namespace fcclip::scenes {

/// Red, green, blue, alpha, 0 … 255: four numbers that are worked on at once.
using Pixel = float __attribute__((vector_size(16)));

/// The picture being made, and whose pixel each is.
struct Canvas {
  explicit Canvas(Size extent)
      : size(extent), pixels(extent.height * extent.width), owner(extent.height * extent.width) {}
  Size size;
  std::vector<Pixel> pixels;   ///< alpha means nothing
  std::vector<int32_t> owner;  ///< number of what covers the pixel's larger part
};

/// Another light: colour' = gain · colour + offset, a channel.
struct Light {
  Pixel gain = {1, 1, 1, 1};
  Pixel offset = {0, 0, 0, 0};
};

/// Where and how a picture lies on the canvas.
struct Pose {
  double x = 0, y = 0;      ///< of its centre, in pixels of the canvas
  double scale = 1;         ///< pixels of the canvas per pixel of the picture
  double angle = 0;         ///< radians, clockwise on the screen
  bool is_flipped = false;  ///< left to right
  double blur = 0;          ///< levels of the pyramid beyond the sharp one, 0 … 1.5
};

/// Weight of a region's colour for every pixel, 0 … 1.
using Coverage = std::vector<float>;

/// A texture for stuff.
struct Ground {
  const Pyramid* pyramid = nullptr;
  Pose pose;
  Light light;
  bool tileable = false;  ///< else its repetitions are mirrored
};

/// A texture without end where `coverage` is above 0; `owner` where it is above one half.
void paint_ground(Canvas& canvas, const Coverage& coverage, const Ground& ground, int32_t owner);

/// What a thing casts.
struct Shadow {
  double dx = 0, dy = 0;  ///< of the shadow's centre from the thing's, in pixels
  double strength = 0;    ///< 0: none, 1: black
};

/// A cut-out for a thing.
struct Thing {
  const Pyramid* pyramid = nullptr;
  Pose pose;
  Light light;
  Shadow shadow;
};

/// Its shadow, then the cut-out itself over what is there; `owner` where its alpha is above one
/// half.
void paint_thing(Canvas& canvas, const Thing& thing, int32_t owner);

}  // namespace fcclip::scenes
