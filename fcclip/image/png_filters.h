#pragma once
// PNG's row filters, applied and taken back (PNG specification, section 9). Internal to the folder.

#include <cstddef>
#include <cstdint>

namespace fcclip::image {

/// One row of `size` bytes, `pixel_bytes` (1 to 4) a pixel. stored: the filter's number, then the
/// filtered bytes; above: the finished row before, zeros for the first. False for a filter that
/// there is not.
bool unfilter_row(const uint8_t* stored, const uint8_t* above, uint8_t* out, size_t size,
                  size_t pixel_bytes);

/// The filter "up": out = row − above, byte by byte.
void filter_up(const uint8_t* row, const uint8_t* above, uint8_t* out, size_t size);

}  // namespace fcclip::image
