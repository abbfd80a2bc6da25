#include "fcclip/classify/hash.h"

#include <bit>
#include <cstring>

namespace fcclip::classify {
namespace {

// Odd constants with about half of the bits set: the fractions of the square roots of 2, 3, 5, 7.
constexpr uint64_t kOdd[4] = {0x6A09E667F3BCC909ULL, 0xBB67AE8584CAA73BULL, 0x3C6EF372FE94F82BULL,
                              0xA54FF53A5F1D36F1ULL};

// A bijection of `state` for every word, so a single changed word always changes the state.
uint64_t step(uint64_t state, uint64_t word) {
  state = (state ^ word) * kOdd[0];
  return state ^ (state >> 31);
}

uint64_t finish(uint64_t state) {
  state = (state ^ (state >> 32)) * kOdd[1];
  state = (state ^ (state >> 29)) * kOdd[2];
  return state ^ (state >> 32);
}

}  // namespace

Hash hash_bytes(const void* bytes, size_t size, Hash seed) {
  const auto* data = static_cast<const unsigned char*>(bytes);
  // Eight independent lanes hide the multiplication's latency; the memory is then the limit.
  constexpr size_t kLanes = 8, kBlock = kLanes * sizeof(uint64_t);
  uint64_t lanes[kLanes];
  for (size_t l = 0; l < kLanes; ++l) lanes[l] = seed[l % 2] + kOdd[l % 4] * (2 * l + 1);
  size_t at = 0;
  for (; at + kBlock <= size; at += kBlock) {
    uint64_t words[kLanes];
    std::memcpy(words, data + at, kBlock);
    for (size_t l = 0; l < kLanes; ++l) lanes[l] = step(lanes[l], words[l]);
  }
  uint64_t rest[kLanes] = {};
  if (at < size) std::memcpy(rest, data + at, size - at);
  for (size_t l = 0; l < kLanes; ++l) lanes[l] = step(lanes[l], rest[l]);
  Hash hash = {size * kOdd[3], size ^ kOdd[2]};
  for (size_t l = 0; l < kLanes; ++l) {
    hash[0] = finish(step(hash[0], lanes[l]));
    hash[1] = finish(step(std::rotl(hash[1], 17), lanes[kLanes - 1 - l]) + kOdd[l % 4]);
  }
  return hash;
}

std::string hex(const Hash& hash) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint64_t part : hash) {
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(part >> shift) & 15];
  }
  return text;
}

}  // namespace fcclip::classify
