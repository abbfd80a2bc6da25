#pragma once
// What was measured, for people and for other programs.

#include <iosfwd>
#include <string>

#include "fcclip/measure/machine.h"

namespace fcclip::measure {

/// The machine, the peaks, and a line a step: median and least time, repeats, GFLOP/s.
void write_measured(std::ostream& out, const Measured& measured, const Plan& plan);

/// The same with the time of every repeat, indented.
std::string measured_json(const Measured& measured, const Plan& plan);

}  // namespace fcclip::measure
