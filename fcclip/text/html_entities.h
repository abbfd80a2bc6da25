#pragma once
// HTML character references: the two readings that CLIP's cleaning uses one after the other.

#include <string>
#include <string_view>

namespace fcclip::text {

/// HTML 5's rule (Python's html.unescape): also references without a semicolon, longest known name
/// first.
std::u32string unescape_html(std::u32string_view text);

/// The careful rule of ftfy: only whole references that end in a semicolon, and upper-cased names
/// of lower-case entities.
std::u32string unescape_html_carefully(std::u32string_view text);

}  // namespace fcclip::text
