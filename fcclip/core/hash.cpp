#include "fcclip/core/hash.h"

#define XXH_INLINE_ALL  // nothing to link to
#include <xxhash.h>

namespace fcclip {
namespace {

constexpr uint64_t kSeeded = 0x6A09E667F3BCC909ULL;

}  // namespace

Hash hash_bytes(const void* bytes, size_t size, Hash seed) {
  XXH128_hash_t hash;
  if (seed == Hash{}) {
    hash = XXH3_128bits(bytes, size);
  } else {
    // Read as the first bytes: of XXH3's own seed, a changed bit can undo a changed bit of a short
    // text. That one keeps "seed, text" apart from a text that begins with the seed's bytes.
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset_withSeed(&state, kSeeded);
    XXH3_128bits_update(&state, seed.data(), sizeof seed);
    XXH3_128bits_update(&state, bytes, size);
    hash = XXH3_128bits_digest(&state);
  }
  return {hash.high64, hash.low64};
}

std::string hex(const Hash& hash) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint64_t part : hash) {
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(part >> shift) & 15];
  }
  return text;
}

}  // namespace fcclip
