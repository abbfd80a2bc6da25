#include "fcclip/cli/failure.h"

#include "fcclip/core/boundary.h"

namespace fcclip::cli {
namespace {

std::string message_of(const std::exception& error) {
  if (dynamic_cast<const MissedTarget*>(&error) != nullptr) return error.what();
  const Error own = as_error(error);
  // The library knows no flags; what says more than that line stays as it is.
  const bool is_general = own.what() == kOutOfMemory;
  return is_general ? "out of memory; try a smaller --short-side or fewer classes" : own.what();
}

}  // namespace

std::string visible_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : (c == '\r' ? "\\r" : "\\t");
    } else {
      constexpr const char* kDigits = "0123456789abcdef";
      out += std::string("\\x") + kDigits[byte / 16] + kDigits[byte % 16];
    }
  }
  return out;
}

std::string failure_line(const std::exception& error, const std::string& about) {
  const std::string message = message_of(error);
  const bool named = about.empty() || message.find(about) != std::string::npos;
  return visible_text(named ? message : about + ": " + message);
}

int failure_status(const std::exception& error) {
  const auto* own = dynamic_cast<const Error*>(&error);
  return own == nullptr ? 1 : exit_status(own->code());
}

}  // namespace fcclip::cli
