#include "fcclip/data/stream.h"

#include "fcclip/core/endless.h"
#include "fcclip/core/random.h"

namespace fcclip::data {
namespace {

// A Feistel network permutes [0, 2^bits); walking it until the value is in range permutes
// [0, size): no list of all pictures has to be shuffled, kept or saved.
int64_t permuted(int64_t position, int64_t size, int64_t seed) {
  const uint64_t epoch = static_cast<uint64_t>(position / size);
  const uint64_t key = mix_bits(mix_bits(static_cast<uint64_t>(seed)) + epoch);
  int half = 1;
  while ((int64_t{1} << (2 * half)) < size) ++half;
  const uint64_t mask = (uint64_t{1} << half) - 1;
  auto value = static_cast<uint64_t>(position % size);
  do {
    uint64_t left = value >> half, right = value & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const uint64_t next = left ^ (mix_bits(key + round * kGolden + right) & mask);
      left = right;
      right = next;
    }
    value = left << half | right;
  } while (value >= static_cast<uint64_t>(size));
  return static_cast<int64_t>(value);
}

}  // namespace

Stream<int64_t> shuffled(int64_t size, int64_t seed) {
  return [size, seed](int64_t position) -> int64_t {
    if (size < 2) return 0;
    return size >= kEndless ? position : permuted(position, size, seed);
  };
}

}  // namespace fcclip::data
