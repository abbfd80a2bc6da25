#pragma once

#include <cmath>
#include <optional>

namespace fcclip::eval {

/// A share as percent; nothing where there is nothing to score (NaN, or the evaluators' −1).
inline std::optional<double> percent(double value) {
  if (std::isnan(value) || value < 0) return std::nullopt;
  return 100 * value;
}

}  // namespace fcclip::eval
