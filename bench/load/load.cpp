// Start-up: a model file until the first picture can be asked for, wall and CPU seconds, several times in one process.
//   load_bench MODEL [rounds]        rounds: 3

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "fcclip/segmenter/segmenter.h"

namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: load_bench MODEL [rounds]\n");
    return 2;
  }
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 3;
  for (int round = 0; round < rounds; ++round) {
    const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    const auto segmenter = fcclip::segmenter::Segmenter::load(arguments[1], {});
    std::printf("load: %.3f s, CPU %.3f s\n", seconds(CLOCK_MONOTONIC) - wall,
                seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  }
}
