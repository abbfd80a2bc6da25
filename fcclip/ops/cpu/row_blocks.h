#pragma once
// Rows split into blocks that stay in a core's cache, dealt to the threads of at::parallel_for.

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <ATen/Parallel.h>

#include "fcclip/core/round_up.h"

namespace fcclip::ops::cpu {

/// Rows shared out among threads.
struct RowBlocks {
  int64_t rows = 0;     ///< of all blocks together
  int64_t block = 1;    ///< rows of one block, the last may have fewer
  int64_t workers = 1;  ///< how many blocks run at once, at most
  int64_t count() const { return divide_up(rows, block); }
};

/// Blocks of at most about `largest` rows, whole multiples of `tile`, as many for one thread as for
/// another.
inline RowBlocks row_blocks(int64_t rows, int64_t largest, int64_t tile) {
  const int64_t threads = std::max<int64_t>(1, at::get_num_threads());
  const int64_t rounds = divide_up(rows, largest * threads);
  const int64_t count = std::max<int64_t>(1, rounds * threads);
  const int64_t block = std::max(tile, round_up(divide_up(rows, count), tile));
  return {rows, block, std::min(threads, divide_up(rows, block))};
}

/// Calls work(begin, end, worker) for every block, worker < blocks.workers telling which workspace
/// is its own. Blocks are dealt one by one, so that a thread which the machine slows down takes
/// fewer.
template <typename Work>
void for_each_block(const RowBlocks& blocks, const Work& work) {
  std::atomic<int64_t> next{0};
  at::parallel_for(0, blocks.workers, 1, [&](int64_t first, int64_t last) {
    for (int64_t worker = first; worker < last; ++worker) {
      for (int64_t i = next++; i < blocks.count(); i = next++) {
        work(i * blocks.block, std::min(blocks.rows, (i + 1) * blocks.block), worker);
      }
    }
  });
}

/// Row stride of a workspace: whole cache lines, and no multiple of a page, whose rows would all
/// fall into the same few sets of the first-level cache.
inline int64_t workspace_stride(int64_t floats) {
  return (floats + 15) / 16 * 16 + 16;
}

}  // namespace fcclip::ops::cpu
