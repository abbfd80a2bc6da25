#pragma once
// Text as other programs write it: with a byte order mark, or in UTF-16.

#include <string>
#include <string_view>

namespace fcclip::text {

/// The bytes of a text file as UTF-8 without a byte order mark. UTF-16 is known by its mark or,
/// without one, by the zeros of its ASCII characters; anything else is passed on as it is. `name`
/// is put before messages. Throws Error{bad_format} for UTF-16 that is cut off or wrong, and for
/// UTF-32.
std::string to_utf8(std::string bytes, std::string_view name);

}  // namespace fcclip::text
