#pragma once
// Colours that are told apart.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace fcclip::draw {

using Colour = std::array<uint8_t, 3>;  ///< red, green, blue

/// 64 colours, each as far from those before it as can be (in OKLab, where distance is what the eye
/// sees), none too pale or too dark to show on a photograph.
const std::vector<Colour>& spread_palette();

/// A colour for each name: the same name has the same colour in every picture, unless another name
/// of the list has it already; equal names have equal colours. Beyond 64 names colours are
/// variations of those given out.
std::vector<Colour> class_colours(const std::vector<std::string>& names);

/// The n-th variation of a colour, for several things of one class; the 0th is the colour itself.
Colour variation(const Colour& colour, int64_t n);

}  // namespace fcclip::draw
