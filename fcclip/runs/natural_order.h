#pragma once
// scene_2 before scene_10.

#include <string_view>

namespace fcclip::runs {

/// A strict order of names that compares runs of digits as numbers, everything else by bytes. Names
/// that differ in leading zeros only are told apart by their bytes.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace fcclip::runs
