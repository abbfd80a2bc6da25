#pragma once
// A 128-bit hash of bytes for cache keys and checksums. Not cryptographic.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fcclip {

using Hash = std::array<uint64_t, 2>;

/// XXH3-128 of the bytes, the upper half first; a seed goes before them. Depends on every byte,
/// their order and `seed`; the same on every little-endian machine.
Hash hash_bytes(const void* bytes, size_t size, Hash seed = {});
inline Hash hash_text(std::string_view text, Hash seed = {}) {
  return hash_bytes(text.data(), text.size(), seed);
}

/// 32 hexadecimal digits, as `xxhsum -H2` prints them.
std::string hex(const Hash& hash);

}  // namespace fcclip
