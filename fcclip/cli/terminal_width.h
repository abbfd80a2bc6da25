#pragma once
// How wide the terminal is.

#include <cstdint>

namespace fcclip::cli {

/// Columns of the terminal that standard output is: $COLUMNS, or what the terminal says. 0 when it
/// is none, or does not say.
int64_t terminal_width();

}  // namespace fcclip::cli
