#pragma once
// The rows of a sweep for people.

#include <ostream>

#include "fcclip/eval/summary.h"

namespace fcclip::apps {

/// A table a task with a row a combination; the best row has a star.
void print_sweep(std::ostream& out, const eval::SweepScores& sweep);

}  // namespace fcclip::apps
