#pragma once
// A counter-based random generator whose numbers are the same everywhere (the distributions of
// <random> differ between libraries).

#include <cstdint>
#include <string_view>

namespace fcclip {

/// The multipliers of splitmix64's finaliser.
inline constexpr uint64_t kMixFirst = 0xbf58476d1ce4e5b9ULL, kMixSecond = 0x94d049bb133111ebULL;

/// The finaliser of splitmix64: a bijection of 64 bits that mixes them all.
constexpr uint64_t mix_bits(uint64_t x) {
  x = (x ^ (x >> 30)) * kMixFirst;
  x = (x ^ (x >> 27)) * kMixSecond;
  return x ^ (x >> 31);
}

/// 2^64 divided by the golden ratio: the step of splitmix64.
inline constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;  // 2^64 / golden ratio, odd

/// FNV-1a.
constexpr uint64_t hash_of_text(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}
/// The same, mixed.
constexpr uint64_t seed_of_text(std::string_view text) {
  return mix_bits(hash_of_text(text));
}

/// Number n of stream `index` of `seed` is a function of the three alone.
class Random {
 public:
  Random(uint64_t seed, uint64_t index)
      : state_(mix_bits(mix_bits(seed + kGolden) ^ mix_bits(index * kGolden + 1))) {}

  /// 64 random bits.
  uint64_t bits() { return mix_bits(state_ += kGolden); }
  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// In [0, count); count >= 1. The bias of the multiplication is below count / 2^32.
  int64_t below(int64_t count) {
    return static_cast<int64_t>(((bits() >> 32) * static_cast<uint64_t>(count)) >> 32);
  }
  bool chance(double probability) { return uniform() < probability; }

 private:
  uint64_t state_;
};

}  // namespace fcclip
