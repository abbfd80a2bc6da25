#pragma once
// The secret that clients show, from a file.

#include <string>

namespace fcclip::serve {

/// The file's first line, without blanks at its end: 16 to 4,096 printable ASCII characters.
/// Throws Error{io_failure} where it cannot be read, Error{invalid_argument} where it is no token.
std::string read_token(const std::string& path);

}  // namespace fcclip::serve
