#pragma once
// Points in time as text, in UTC, whatever the machine's zone.

#include <ctime>
#include <string>

namespace fcclip {

/// ISO 8601 to the second, "2026-01-31T23:59:59Z"; `form` is strftime's. Empty for a time that no calendar has.
std::string utc_text(std::time_t time, const char* form = "%Y-%m-%dT%H:%M:%SZ");

}  // namespace fcclip
