#pragma once
// How many threads work beside the network's.

#include <cstdint>

namespace fcclip::runs {

/// Threads of their own for what comes before the network and for what follows.
struct ThreadsBeside {
  int64_t before = 1;  ///< reading and decoding
  int64_t behind = 1;  ///< drawing, writing, scoring
};

/// As this machine's cores allow, for so many pictures in the network at once.
ThreadsBeside threads_beside(int64_t workers = 1);

}  // namespace fcclip::runs
