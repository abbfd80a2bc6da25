#pragma once
// Adds up a score over pictures with several threads. Each thread holds one picture and its own
// sums.

#include <exception>
#include <vector>

#include <ATen/Parallel.h>

#include "fcclip/core/shared_progress.h"

namespace fcclip::eval {

/// Score needs a copy constructor and merge(). `one(index, score)` adds picture `index`. Pictures
/// are dealt out in consecutive runs and the sums merged in their order, so the result does not
/// depend on timing. The first error (by index of its run) is thrown after all threads have ended;
/// Error{interrupted} ends them all.
template <typename Score, typename One>
Score parallel_pictures(int64_t count, const Score& empty, const One& one,
                        const Progress& progress) {
  const int64_t runs = std::max<int64_t>(1, std::min<int64_t>(count, at::get_num_threads()));
  std::vector<Score> scores(runs, empty);
  std::vector<std::exception_ptr> errors(runs);
  SharedProgress done(progress, count, "pictures");
  at::parallel_for(0, runs, 1, [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) {
      try {
        for (int64_t i = count * run / runs; i < count * (run + 1) / runs; ++i) {
          one(i, scores[run]);
          if (!done.go_on()) break;
        }
      } catch (...) {
        errors[run] = std::current_exception();
      }
    }
  });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  done.check();
  for (int64_t run = 1; run < runs; ++run) scores[0].merge(scores[run]);
  return scores[0];
}

}  // namespace fcclip::eval
