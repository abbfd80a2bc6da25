#include "fcclip/scenes/paint.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace fcclip::scenes {
namespace {

/// From pixels of the canvas to pixels of a level (centres at integers), as an affine map.
struct Inverse {
  double ux, uy, u0, vx, vy, v0;
};

Inverse inverse_of(const Pose& pose, const Pyramid& pyramid, const Level& level) {
  const Level& full = pyramid.levels().front();
  const double wide = static_cast<double>(level.width) / full.width / pose.scale;
  const double high = static_cast<double>(level.height) / full.height / pose.scale;
  const double c = std::cos(pose.angle), s = std::sin(pose.angle);
  const double flip = pose.is_flipped ? -1 : 1;
  Inverse map{};
  map.ux = flip * wide * c;
  map.uy = flip * wide * s;
  map.vx = -high * s;
  map.vy = high * c;
  // The canvas' pixel (x, y) has its centre at (x + ½, y + ½), as the level's have.
  map.u0 = map.ux * (0.5 - pose.x) + map.uy * (0.5 - pose.y) + 0.5 * level.width - 0.5;
  map.v0 = map.vx * (0.5 - pose.x) + map.vy * (0.5 - pose.y) + 0.5 * level.height - 0.5;
  return map;
}

/// The level with between one and two of its pixels per pixel of the canvas, or blurrier.
const Level& level_for(const Pose& pose, const Pyramid& pyramid) {
  const double wanted = std::floor(std::max(0.0, std::log2(1 / pose.scale)) + pose.blur + 0.25);
  const auto last = static_cast<double>(pyramid.levels().size() - 1);
  return pyramid.levels()[static_cast<size_t>(std::min(wanted, last))];
}

struct Box {
  int64_t left, top, right, bottom;  // right and bottom excluded
};

Box box_of(const Pose& pose, const Pyramid& pyramid, double margin, Size size) {
  const Level& full = pyramid.levels().front();
  const double c = std::abs(std::cos(pose.angle)), s = std::abs(std::sin(pose.angle));
  const double half_w = 0.5 * pose.scale * (c * full.width + s * full.height) + margin;
  const double half_h = 0.5 * pose.scale * (s * full.width + c * full.height) + margin;
  const auto clipped = [](double value, int64_t limit) {
    return static_cast<int64_t>(std::clamp(value, 0.0, static_cast<double>(limit)));
  };
  return {clipped(std::floor(pose.x - half_w), size.width),
          clipped(std::floor(pose.y - half_h), size.height),
          clipped(std::ceil(pose.x + half_w), size.width),
          clipped(std::ceil(pose.y + half_h), size.height)};
}

Pixel all(float value) {
  return Pixel{value, value, value, value};
}

/// Four bytes widened in two interleavings with zero, which every processor has instructions for.
inline Pixel load(const uint8_t* bytes) {
  using Bytes = uint8_t __attribute__((vector_size(16)));
  using Halves = uint16_t __attribute__((vector_size(16)));
  using Words = int32_t __attribute__((vector_size(16)));
  int32_t word = 0;
  std::memcpy(&word, bytes, 4);
  const auto packed = reinterpret_cast<Bytes>(Words{word, 0, 0, 0});
  const auto halves = reinterpret_cast<Halves>(__builtin_shufflevector(
      packed, Bytes{}, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  const auto words =
      reinterpret_cast<Words>(__builtin_shufflevector(halves, Halves{}, 0, 8, 1, 9, 2, 10, 3, 11));
  return __builtin_convertvector(words, Pixel);
}

/// Premultiplied.
template <bool kStraight>
inline Pixel tap(const uint8_t* bytes, float weight) {
  const Pixel pixel = load(bytes);
  if (!kStraight) return pixel * weight;
  const float colour = weight * pixel[3] * (1.0f / 255);
  return pixel * Pixel{colour, colour, colour, weight};
}

/// Bilinear; nothing outside the level.
template <bool kStraight>
[[gnu::always_inline]] inline Pixel sample(const Level& level, float u, float v) {
  // Positions begin at -1, where truncation would round up.
  const int x = static_cast<int>(u + 1) - 1, y = static_cast<int>(v + 1) - 1;
  const float a = u - static_cast<float>(x), b = v - static_cast<float>(y);
  const uint8_t* corner = level.rgba + 4 * (static_cast<int64_t>(y) * level.width + x);
  const int64_t row = 4 * static_cast<int64_t>(level.width);
  const bool left = x >= 0 && x < level.width, right = x + 1 < level.width;
  const bool top = y >= 0 && y < level.height, bottom = y + 1 < level.height;
  Pixel sum = all(0);
  if (top && left) sum += tap<kStraight>(corner, (1 - a) * (1 - b));
  if (top && right) sum += tap<kStraight>(corner + 4, a * (1 - b));
  if (bottom && left) sum += tap<kStraight>(corner + row, (1 - a) * b);
  if (bottom && right) sum += tap<kStraight>(corner + row + 4, a * b);
  return sum;
}

Pixel clamped(Pixel value, float limit) {
  const Pixel low = all(0), high = all(limit);
  value = value > low ? value : low;
  return value < high ? value : high;
}

/// The part of a row, in pixels from `left`, where start + step · k lies in (-1, extent).
void narrow(double start, double step, int extent, int64_t& first, int64_t& last) {
  if (std::abs(step) < 1e-9) {
    if (start <= -1 || start >= extent) last = first;
    return;
  }
  double a = (-1 - start) / step, b = (extent - start) / step;
  if (a > b) std::swap(a, b);
  first = std::max(first, static_cast<int64_t>(std::ceil(std::max(a, -1e9))));
  last = std::min(last, static_cast<int64_t>(std::floor(std::min(b, 1e9))) + 1);
}

/// Calls pixel(index on the canvas, u, v) where the level has something.
template <typename Visit>
void for_pixels(const Box& box, const Level& level, const Inverse& map, int64_t width,
                const Visit& visit) {
  for (int64_t y = box.top; y < box.bottom; ++y) {
    const double u = map.u0 + map.uy * y + map.ux * box.left;
    const double v = map.v0 + map.vy * y + map.vx * box.left;
    int64_t first = 0, last = box.right - box.left;
    narrow(u, map.ux, level.width, first, last);
    narrow(v, map.vx, level.height, first, last);
    for (int64_t k = first; k < last; ++k) {
      visit(y * width + box.left + k, static_cast<float>(u + map.ux * k),
            static_cast<float>(v + map.vx * k));
    }
  }
}

// Longer side of what a shadow is enlarged from: so coarse that its edges become soft.
constexpr int kShadowSide = 16;

void paint_shadow(Canvas& canvas, const Thing& thing) {
  if (thing.shadow.strength <= 0) return;
  Pose pose = thing.pose;
  pose.x += thing.shadow.dx;
  pose.y += thing.shadow.dy;
  const Level& level = thing.pyramid->at_most(kShadowSide);
  const Inverse map = inverse_of(pose, *thing.pyramid, level);
  // Bilinear weights reach one pixel of the level beyond it.
  const double margin = 1.5 / std::min(std::hypot(map.ux, map.uy), std::hypot(map.vx, map.vy));
  const Box box = box_of(pose, *thing.pyramid, margin, canvas.size);
  const auto strength = static_cast<float>(thing.shadow.strength / 255);
  for_pixels(box, level, map, canvas.size.width, [&](int64_t at, float u, float v) {
    canvas.pixels[at] *= 1 - strength * sample<false>(level, u, v)[3];
  });
}

template <bool kStraight>
void paint_cut_out(Canvas& canvas, const Thing& thing, const Level& level, int32_t owner) {
  const Inverse map = inverse_of(thing.pose, *thing.pyramid, level);
  const double margin = 1 + 1 / std::min(std::hypot(map.ux, map.uy), std::hypot(map.vx, map.vy));
  const Box box = box_of(thing.pose, *thing.pyramid, margin, canvas.size);
  const Light& light = thing.light;
  for_pixels(box, level, map, canvas.size.width, [&](int64_t at, float u, float v) {
    const Pixel pixel = sample<kStraight>(level, u, v);
    if (pixel[3] < 1) return;
    const float alpha = pixel[3] * (1.0f / 255);
    const Pixel colour = clamped(light.gain * pixel + light.offset * alpha, pixel[3]);
    canvas.pixels[at] = canvas.pixels[at] * (1 - alpha) + colour;
    if (alpha > 0.5f) canvas.owner[at] = owner;
  });
}

/// A coordinate of a texture that repeats, in 1/65536 of a pixel: period and what lies in it.
class Axis {
 public:
  Axis(int extent, bool tileable)
      : extent_(extent), period_(int64_t{extent} * (tileable ? 1 : 2) << 16) {}
  int64_t wrapped(int64_t position) const {
    const int64_t rest = position % period_;
    return rest < 0 ? rest + period_ : rest;
  }
  /// Of a wrapped position moved by less than a period.
  int64_t next(int64_t position) const {
    if (position >= period_) return position - period_;
    return position < 0 ? position + period_ : position;
  }
  /// Pixel of the texture for pixel k of the period or the one after its end.
  int pixel(int64_t k) const {
    const int64_t count = period_ >> 16;
    if (k >= count) k -= count;
    return static_cast<int>(k < extent_ ? k : count - 1 - k);
  }
  int64_t period() const { return period_; }

 private:
  int extent_;
  int64_t period_;
};

int64_t fixed(double value) {
  return std::llround(value * 65536);
}

struct Texture {
  const Level& level;
  Axis across, down;

  Pixel sample(int64_t u, int64_t v) const {
    const int64_t x = u >> 16, y = v >> 16;
    const float a = static_cast<float>(u & 0xffff) * (1.0f / 65536);
    const float b = static_cast<float>(v & 0xffff) * (1.0f / 65536);
    const int x0 = 4 * across.pixel(x), x1 = 4 * across.pixel(x + 1);
    const uint8_t* upper = level.rgba + 4 * static_cast<int64_t>(down.pixel(y)) * level.width;
    const uint8_t* lower = level.rgba + 4 * static_cast<int64_t>(down.pixel(y + 1)) * level.width;
    const Pixel top = load(upper + x0) * (1 - a) + load(upper + x1) * a;
    const Pixel bottom = load(lower + x0) * (1 - a) + load(lower + x1) * a;
    return top * (1 - b) + bottom * b;
  }
};

}  // namespace

void paint_ground(Canvas& canvas, const Coverage& coverage, const Ground& ground, int32_t owner) {
  const Level& level = level_for(ground.pose, *ground.pyramid);
  const Inverse map = inverse_of(ground.pose, *ground.pyramid, level);
  const Texture texture{level, Axis(level.width, ground.tileable),
                        Axis(level.height, ground.tileable)};
  const int64_t step_u = fixed(map.ux) % texture.across.period();
  const int64_t step_v = fixed(map.vx) % texture.down.period();
  const Light& light = ground.light;
  for (int64_t y = 0, at = 0; y < canvas.size.height; ++y) {
    int64_t u = texture.across.wrapped(fixed(map.u0 + map.uy * y));
    int64_t v = texture.down.wrapped(fixed(map.v0 + map.vy * y));
    for (int64_t x = 0; x < canvas.size.width; ++x, ++at) {
      const float weight = coverage[at];
      if (weight > 0) {
        const Pixel colour = clamped(light.gain * texture.sample(u, v) + light.offset, 255);
        canvas.pixels[at] += (colour - canvas.pixels[at]) * weight;
        if (weight > 0.5f) canvas.owner[at] = owner;
      }
      u = texture.across.next(u + step_u);
      v = texture.down.next(v + step_v);
    }
  }
}

void paint_thing(Canvas& canvas, const Thing& thing, int32_t owner) {
  paint_shadow(canvas, thing);
  const Level& level = level_for(thing.pose, *thing.pyramid);
  const bool is_straight = &level == &thing.pyramid->levels().front();
  if (is_straight) {
    paint_cut_out<true>(canvas, thing, level, owner);
  } else {
    paint_cut_out<false>(canvas, thing, level, owner);
  }
}

}  // namespace fcclip::scenes
