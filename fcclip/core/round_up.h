#pragma once
// Counts of whole parts.

#include <concepts>
#include <type_traits>

namespace fcclip {

/// How many parts of `size` (1 or more) hold `count` (0 or more).
template <std::integral Number>
constexpr Number divide_up(Number count, std::type_identity_t<Number> size) {
  return (count + size - 1) / size;
}

/// The least multiple of `size` (1 or more) that is not below `count` (0 or more).
template <std::integral Number>
constexpr Number round_up(Number count, std::type_identity_t<Number> size) {
  return divide_up(count, size) * size;
}

}  // namespace fcclip
