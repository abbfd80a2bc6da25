#pragma once
// The library never prints: what it has to say goes to a callback that the program sets.

#include <functional>
#include <string>

namespace fcclip {

/// How much it matters.
enum class LogLevel { debug, info, warning };

using LogCallback = std::function<void(LogLevel, const std::string&)>;

}  // namespace fcclip
