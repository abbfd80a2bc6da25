#pragma once
// Colours and names below a picture. Internal to the folder.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/draw/lettering.h"
#include "fcclip/draw/palette.h"

namespace fcclip::draw {

/// A chip of this colour and what it means.
struct LegendEntry {
  std::string name;
  Colour colour;
};

/// A strip of this width with a chip and a name for each entry, in as many rows as needed: [h,
/// width, 3] uint8.
at::Tensor draw_legend(const std::vector<LegendEntry>& entries, int64_t width, double font_px,
                       Lettering& lettering);

}  // namespace fcclip::draw
