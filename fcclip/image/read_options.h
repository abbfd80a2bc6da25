#pragma once
// How picture files are read where they leave a choice.

#include <cstdint>
#include <string_view>
#include <vector>

#include "fcclip/core/log.h"

namespace fcclip::image {

/// Largest picture that this process reads, in pixels: 2^29. A header that claims more is refused
/// before memory is asked for.
int64_t largest_picture();

/// Lowers it: fuzzers have no time for large ones. Before threads start.
void limit_pictures(int64_t pixels);

/// Which values become black and white when samples have more than 8 bits. No effect on samples of
/// 8 bits and fewer.
struct ValueRange {
  enum class Kind {
    automatic,  ///< `full` when the samples use it, else the 2nd to the 98th hundredth of them
    full,       ///< of the sample's type: 0 to 65535 of 16 bits, 0 to 1 of floating point
    given,      ///< `low` to `high`
    stretch     ///< the `low`-th to the `high`-th hundredth of the samples (0 to 100)
  };
  Kind kind = Kind::automatic;
  double low = 0, high = 0;
};

/// "auto", "full" or "LOW:HIGH", two numbers. Throws Error{invalid_argument}.
ValueRange parse_value_range(std::string_view text);

/// "2,98": black is what 2 % of the samples are below, white what 98 % are below; no-data values and
/// zeros of whole numbers don't count. Throws Error{invalid_argument}.
ValueRange parse_stretch(std::string_view text);

struct ReadOptions {
  ValueRange range;
  /// A header that claims more is refused before memory is asked for; at most largest_picture().
  int64_t max_pixels = largest_picture();
  /// Of a TIFF: one band (grey) or three (red, green, blue), counted from 1; empty: the file's
  /// colours, or the first three where it names none.
  std::vector<int> bands;
  /// Told as a warning, with the picture's name, where pixels are not simply what was stored:
  /// stretched values, bands without colours.
  LogCallback log;
};

/// "4,3,2" or "5". Throws Error{invalid_argument}.
std::vector<int> parse_bands(std::string_view text);

}  // namespace fcclip::image
