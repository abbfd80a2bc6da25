#pragma once
// SHA-256 (FIPS 180-4), to compare with recorded digests.

#include <string>
#include <string_view>

namespace fcclip::test {

/// Lower-case hexadecimal.
std::string sha256(std::string_view bytes);

}  // namespace fcclip::test
