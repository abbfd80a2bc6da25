#pragma once
// Colours and names below a picture. Internal to the folder.

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/image/lettering.h"
#include "fcclip/image/palette.h"

namespace fcclip::image {

struct LegendEntry {
  std::string name;
  Colour colour;
};

/// A strip of this width with a chip and a name for each entry, in as many rows as needed: [h,
/// width, 3] uint8.
at::Tensor draw_legend(const std::vector<LegendEntry>& entries, int64_t width, double font_px,
                       Lettering& lettering);

}  // namespace fcclip::image
