#pragma once
// Text for HTML pages. Internal to the folder.

#include <optional>
#include <string>

#include "fcclip/text/base64.h"

namespace fcclip::eval {

std::string html_escaped(const std::string& text);
/// Two digits after the point; counts as they are; "–" where there is no number.
std::string html_number(const std::optional<double>& value, bool is_count);
using text::base64;

}  // namespace fcclip::eval
