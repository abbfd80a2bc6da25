#pragma once

#include <cstdint>

namespace fcclip {

/// How many things a source has that never ends.
inline constexpr int64_t kEndless = int64_t{1} << 62;

}  // namespace fcclip
