#pragma once
// A result for people: a short table.

#include <iosfwd>
#include <string>

#include "fcclip/results/segmentation.h"

namespace fcclip::outputs {

/// A title line, a line a segment, one for each of the picture's best words where they were asked
/// for, and how many more a smaller least score would show. Columns are
/// aligned by what terminals show, `width` is in them; where they are wider than `width` (0: no limit), the less
/// telling ones go, then names are shortened.
void write_table(std::ostream& out, const std::string& title, const results::Segmentation& result,
                 int64_t width = 0);

}  // namespace fcclip::outputs
