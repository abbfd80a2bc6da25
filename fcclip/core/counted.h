#pragma once
// Numbers of things in sentences.

#include <cstdint>
#include <string>

namespace fcclip {

/// "1 picture", "2 pictures"
inline std::string counted(int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace fcclip
