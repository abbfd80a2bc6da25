#include "fcclip/ops/packing.h"

#include <algorithm>

namespace fcclip::ops {

// Pixels are few numbers, and all that follows is made of them. A norm comes behind depthwise convolutions: it makes
// small differences large, which 8 bits have lost. Neither is work for a GPU's matrix units.
std::vector<std::string> usual_exact_parts(Products products) {
  if (products == Products::int8) return {"stem"};
  if (products == Products::bfloat16) return {"stem", "depthwise"};
  return {};
}

Packing Packing::of(std::string_view part) const {
  Packing own = *this;
  if (std::ranges::count(exact_parts, part) > 0) own.products = Products::float32;
  return own;
}

}  // namespace fcclip::ops
