#pragma once
// How long the program itself takes to start.

#include <functional>
#include <optional>

#include "fcclip/measure/machine.h"

namespace fcclip::measure {

/// The running program, started again as `fcclip --version`, from nothing to its end: `repeats`
/// times, while `goes_on` says so. Nothing where it can't be started again, or never was.
std::optional<Step> program_start(int repeats, const std::function<bool()>& goes_on);

}  // namespace fcclip::measure
