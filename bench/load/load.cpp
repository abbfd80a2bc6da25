// Start-up: a model file until a picture can be asked for, the first picture and the second one, which packs no weights.
// Wall and CPU seconds, several times in one process; of a single round the peak memory too.
//   load_bench MODEL [rounds height width]        defaults: 3, no pictures

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include <ATen/ATen.h>

#include "fcclip/segmenter/segmenter.h"

namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The kernel's high-water mark of resident memory, "VmHWM: … kB".
std::string peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return line;
  }
  return "VmHWM: unknown";
}

template <typename Call>
auto timed(const char* what, const Call& call) {
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  auto result = call();
  std::printf("%s: %.3f s, CPU %.3f s, %s\n", what, seconds(CLOCK_MONOTONIC) - wall,
              seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, peak_memory().c_str());
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: load_bench MODEL [rounds height width]\n");
    return 2;
  }
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 3;
  for (int round = 0; round < rounds; ++round) {
    const auto segmenter =
        timed("load", [&] { return fcclip::segmenter::Segmenter::load(arguments[1], {}); });
    if (count < 5) continue;
    const at::Tensor picture =
        at::full({std::atoi(arguments[3]), std::atoi(arguments[4]), 3}, 100, at::kByte);
    timed("first picture", [&] { return segmenter.encode(picture); });
    timed("second picture", [&] { return segmenter.encode(picture); });
  }
}
