#pragma once
// Bytes inside text: pictures in pages and in JSON.

#include <string>

namespace fcclip::text {

/// RFC 4648, with '=' at the end.
std::string base64(const std::string& bytes);

}  // namespace fcclip::text
