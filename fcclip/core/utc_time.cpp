#include "fcclip/core/utc_time.h"

#include <array>

namespace fcclip {

std::string utc_text(std::time_t time, const char* form) {
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&time, &parts) == nullptr) return "";
  return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

}  // namespace fcclip
