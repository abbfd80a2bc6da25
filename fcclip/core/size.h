#pragma once

#include <cstdint>

namespace fcclip {

/// Height and width in pixels, in this order everywhere.
struct Size {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const Size&) const = default;
};

}  // namespace fcclip
