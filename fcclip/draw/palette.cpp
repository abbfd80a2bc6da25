#include "fcclip/draw/palette.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>

namespace fcclip::draw {
namespace {

using Lab = std::array<double, 3>;

// OKLab (Björn Ottosson, 2020): linear sRGB -> cone responses -> cube roots -> lightness and two
// colour axes.
double to_linear(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double from_linear(double value) {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
}

Lab to_lab(const Colour& colour) {
  const double r = to_linear(colour[0] / 255.0), g = to_linear(colour[1] / 255.0),
               b = to_linear(colour[2] / 255.0);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

/// Empty when the screen cannot show it.
std::optional<Colour> from_lab(const Lab& lab) {
  const double l = std::pow(lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2], 3);
  const double m = std::pow(lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2], 3);
  const double s = std::pow(lab[0] - 0.0894841775 * lab[1] - 1.2914855480 * lab[2], 3);
  const double linear[3] = {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
                            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
                            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
  Colour colour;
  for (int c = 0; c < 3; ++c) {
    if (linear[c] < -0.0005 || linear[c] > 1.0005) return std::nullopt;
    colour[c] = static_cast<uint8_t>(
        std::lround(255 * std::clamp(from_linear(std::clamp(linear[c], 0.0, 1.0)), 0.0, 1.0)));
  }
  return colour;
}

Lab polar(double lightness, double chroma, double hue) {
  return {lightness, chroma * std::cos(hue), chroma * std::sin(hue)};
}

double distance(const Lab& a, const Lab& b) {
  // Lightness counts less: photographs change it underneath a translucent colour.
  return std::hypot(0.6 * (a[0] - b[0]), a[1] - b[1], a[2] - b[2]);
}

std::vector<Colour> make_palette() {
  std::vector<Lab> candidates;
  for (const double lightness : {0.63, 0.71, 0.79, 0.86}) {
    for (const double chroma : {0.11, 0.15, 0.19, 0.23}) {
      for (int step = 0; step < 60; ++step) {
        const Lab lab = polar(lightness, chroma, step * std::numbers::pi / 30);
        if (from_lab(lab)) candidates.push_back(lab);
      }
    }
  }
  std::vector<Colour> palette;
  std::vector<double> nearest(candidates.size(), 1e9);
  Lab chosen = polar(0.68, 0.15, 250 * std::numbers::pi / 180);  // a blue to begin with
  while (palette.size() < 64) {
    if (const std::optional<Colour> colour = from_lab(chosen)) palette.push_back(*colour);
    for (size_t i = 0; i < candidates.size(); ++i) {
      nearest[i] = std::min(nearest[i], distance(candidates[i], chosen));
    }
    chosen = candidates[std::max_element(nearest.begin(), nearest.end()) - nearest.begin()];
  }
  return palette;
}

uint64_t hash(const std::string& text) {
  uint64_t value = 14695981039346656037ULL;
  for (const unsigned char byte : text) value = (value ^ byte) * 1099511628211ULL;
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ULL;
  return value ^ value >> 27;
}

}  // namespace

const std::vector<Colour>& spread_palette() {
  static const std::vector<Colour> palette = make_palette();
  return palette;
}

std::vector<Colour> class_colours(const std::vector<std::string>& names) {
  const std::vector<Colour>& palette = spread_palette();
  // The first third of the palette is the most distinct; names fall there first.
  constexpr size_t kBest = 24;
  std::map<std::string, Colour> known;
  std::vector<bool> used(palette.size(), false);
  std::vector<int64_t> copies(palette.size(), 0);
  std::vector<Colour> colours;
  for (const std::string& name : names) {
    if (const auto found = known.find(name); found != known.end()) {
      colours.push_back(found->second);
      continue;
    }
    const size_t home = hash(name) % kBest;
    size_t index = home;
    for (size_t step = 0; used[index] && step < palette.size(); ++step) {
      index = step < kBest ? (home + step * 7) % kBest : step;
    }
    Colour colour = palette[index];
    if (used[index]) {  // all are
      index = hash(name) / kBest % palette.size();
      colour = variation(palette[index], ++copies[index]);
    }
    used[index] = true;
    known[name] = colour;
    colours.push_back(colour);
  }
  return colours;
}

Colour variation(const Colour& colour, int64_t n) {
  if (n <= 0) return colour;
  constexpr std::array<double, 6> kLightness = {0.10, -0.12, 0.05, -0.06, 0.14, -0.17};
  Lab lab = to_lab(colour);
  const double hue = std::atan2(lab[2], lab[1]) + (n % 2 != 0 ? 0.16 : -0.16) * ((n + 1) / 2 % 3);
  const double lightness = std::clamp(lab[0] + kLightness[(n - 1) % 6], 0.45, 0.92);
  for (double chroma = std::hypot(lab[1], lab[2]); chroma > 0.001; chroma *= 0.93) {
    if (const std::optional<Colour> varied = from_lab(polar(lightness, chroma, hue)))
      return *varied;
  }
  return colour;
}

}  // namespace fcclip::draw
