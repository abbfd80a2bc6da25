#pragma once
// Times as people read them.

#include <cstdint>
#include <string>

namespace fcclip {

/// "45 s", "3 min 20 s", "2 h 5 min".
inline std::string duration_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

}  // namespace fcclip
