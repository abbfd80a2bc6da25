#pragma once
// Text for HTML pages. Internal to the folder.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/text/base64.h"

namespace fcclip::eval {

std::string html_escaped(const std::string& text);
/// Two digits after the point; whole numbers as they are; "–" for what is no number.
std::string html_number(const nlohmann::json& value);
using text::base64;

}  // namespace fcclip::eval
