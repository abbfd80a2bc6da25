#pragma once
// A 128-bit hash of bytes for cache keys and checksums. Not cryptographic.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fcclip::classify {

using Hash = std::array<uint64_t, 2>;

/// Depends on every byte, their order and `seed`; the same on every little-endian machine.
Hash hash_bytes(const void* bytes, size_t size, Hash seed = {});
inline Hash hash_text(std::string_view text, Hash seed = {}) {
  return hash_bytes(text.data(), text.size(), seed);
}

/// 32 hexadecimal digits.
std::string hex(const Hash& hash);

}  // namespace fcclip::classify
