#pragma once
// What `bench` says.

#include <iosfwd>
#include <string>

#include "fcclip/measure/machine.h"

namespace fcclip::apps {

/// The machine, the peaks, and a line a step: median and least time, repeats, GFLOP/s.
void print_bench(std::ostream& out, const measure::Measured& measured, const measure::Plan& plan);

/// The same with the time of every repeat, indented.
std::string bench_json(const measure::Measured& measured, const measure::Plan& plan);

}  // namespace fcclip::apps
