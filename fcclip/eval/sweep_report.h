#pragma once
// The part of the HTML report that a sweep adds. Internal to the folder.

#include <ostream>

#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// What was tried, which row is the best, plots, and all numbers of all rows, a table a task.
void write_sweep(std::ostream& out, const SweepScores& sweep);

}  // namespace fcclip::eval
