#pragma once

#include <string>
#include <string_view>

namespace fcclip::text {

/// Text from an untrusted file as part of a one-line message: control characters become '?', long
/// text is cut.
inline std::string printable(std::string_view text, size_t longest = 100) {
  std::string shown(text.substr(0, longest));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text.size() > longest ? shown + "…" : shown;
}

}  // namespace fcclip::text
