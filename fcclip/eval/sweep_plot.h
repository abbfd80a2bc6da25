#pragma once
// Sweeps as pictures in the HTML report. Internal to the folder.

#include <ostream>

#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// An SVG for each headline that has numbers: over one axis a line; over two the first downwards,
/// the second to the right, the darker the better; of further axes the values of the best row.
void write_sweep_plots(std::ostream& out, const SweepScores& sweep);

}  // namespace fcclip::eval
