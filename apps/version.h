#pragma once

#include <string>

namespace fcclip::apps {

/// "fcclip 0.1.0", and below it what it was built with and what it runs on. Throws
/// Error{invalid_argument} when FCCLIP_CPU_ISA names no instruction set of this processor.
std::string version_text();

}  // namespace fcclip::apps
