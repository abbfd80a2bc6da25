#include "fcclip/data/stream.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fcclip/core/endless.h"
#include "fcclip/core/error.h"
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

constexpr int64_t kBlock = 1024;

// Where the share of each stream ends among the positions of a block.
std::vector<int64_t> shares_of(const std::vector<double>& weights) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<int64_t> ends;
  double sum = 0;
  for (const double weight : weights) {
    sum += weight;
    const int64_t begin = ends.empty() ? 0 : ends.back();
    ends.push_back(std::llround(kBlock * sum / all));
    if (!(weight > 0) || !std::isfinite(all) || ends.back() == begin || weight / all < 0.001) {
      fail(ErrorCode::invalid_argument, "weight ", weight, " of data set ", ends.size() - 1,
           ": expected at least a thousandth of all weights together (", all, ")");
    }
  }
  return ends;
}

}  // namespace

Stream<Mixed> mixed(const std::vector<double>& weights, int64_t seed) {
  const std::vector<int64_t> ends = shares_of(weights);
  if (ends.size() == 1) return [](int64_t position) { return Mixed{0, position}; };
  const auto order = static_cast<int64_t>(static_cast<uint64_t>(seed) ^ seed_of_text("mixed"));
  return [ends, order](int64_t position) {
    const int64_t block = position / kBlock, begin = block * kBlock;
    const auto stream_at = [&](int64_t at) {
      return std::ranges::upper_bound(ends, permuted(at, kBlock, order)) - ends.begin();
    };
    const int64_t own = stream_at(position);
    const int64_t quota = ends[own] - (own > 0 ? ends[own - 1] : 0);
    int64_t earlier = 0;
    for (int64_t at = begin; at < position; ++at) earlier += stream_at(at) == own ? 1 : 0;
    return Mixed{own, block * quota + earlier};
  };
}

Stream<int64_t> shuffled(int64_t size, int64_t seed) {
  return [size, seed](int64_t position) -> int64_t {
    if (size < 2) return 0;
    return size >= kEndless ? position : permuted(position, size, seed);
  };
}

}  // namespace fcclip::data
