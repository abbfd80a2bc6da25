#pragma once

#include <cmath>

#include <nlohmann/json.hpp>

namespace fcclip::eval {

/// A share as percent; null where there is nothing to score (NaN, or the evaluators' −1).
inline nlohmann::json percent(double value) {
  if (std::isnan(value) || value < 0) return nullptr;
  return 100 * value;
}

}  // namespace fcclip::eval
