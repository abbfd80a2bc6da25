#pragma once
// Bytes inside JSON.

#include <string>
#include <string_view>

namespace fcclip::serve {

/// RFC 4648 with or without '=' at the end; "data:…;base64," before it is passed over. Throws
/// Error{invalid_value} naming the field for anything else.
std::string bytes_of_base64(std::string_view text, std::string_view field);

}  // namespace fcclip::serve
