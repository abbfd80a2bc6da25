#pragma once
// What `segment` says about a result to people: a short table.

#include <iosfwd>
#include <string>

#include "fcclip/cli/terminal_width.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::apps {

/// A title line, a line a segment, one for each of the picture's best words where they were asked
/// for, and how many more a smaller least score would show. Columns are
/// aligned by what terminals show; where they are wider than `width` (0: no limit), the less
/// telling ones go, then names are shortened.
void print_table(std::ostream& out, const std::string& title, const results::Segmentation& result,
                 int64_t width = cli::terminal_width());

}  // namespace fcclip::apps
