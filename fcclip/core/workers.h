#pragma once
// The same work by several threads, which share the processor's cores.

#include <cstddef>
#include <functional>

#include "fcclip/core/export.h"

namespace fcclip {

/// work(0), work(1), … at once, each on a thread of its own; a single one on the caller's. Meanwhile
/// LibTorch's operations have the caller's threads divided by `count` in each, one at least. Returns
/// when all have ended. Throws what the first of them, by number, threw; the others are not stopped.
FCCLIP_API void run_workers(size_t count, const std::function<void(size_t worker)>& work);

/// From now on LibTorch's operations in the calling thread run on it alone: for threads beside a team of others, with which a
/// second team would only fight.
FCCLIP_API void keep_operations_on_this_thread();

}  // namespace fcclip
