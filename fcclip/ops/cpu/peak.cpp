#include "fcclip/ops/peak.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <ATen/Parallel.h>

#include "fcclip/ops/cpu/kernel_table.h"

namespace fcclip::ops {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Operations of all threads.
int64_t run_on_all_threads(int64_t rounds) {
  const int64_t threads = at::get_num_threads();
  std::vector<int64_t> operations(static_cast<size_t>(threads));
  at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float numbers[4 + 16] = {0.999F, 0.001F, 1, 2};  // sums stay near one
      operations[static_cast<size_t>(i)] = kernels().multiply_adds(rounds, numbers);
    }
  });
  int64_t sum = 0;
  for (const int64_t one : operations) sum += one;
  return sum;
}

}  // namespace

double multiply_add_peak(double seconds) {
  constexpr int kRounds = 40;  // short ones: one that nothing disturbs is the peak
  int64_t rounds = 1 << 14;
  double taken = 0;
  // Until a round is long enough for the clock, and the processor is awake.
  for (;;) {
    const double start = now();
    run_on_all_threads(rounds);
    taken = now() - start;
    if (taken * (kRounds + 1) >= seconds || rounds > (int64_t{1} << 40)) break;
    rounds *= 2;
  }
  double best = 0;
  for (int i = 0; i < kRounds; ++i) {
    const double start = now();
    const auto operations = static_cast<double>(run_on_all_threads(rounds));
    best = std::max(best, operations / (now() - start));
  }
  return best;
}

}  // namespace fcclip::ops
