#include "fcclip/runs/threads_beside.h"

#include <algorithm>
#include <thread>

namespace fcclip::runs {

ThreadsBeside threads_beside(int64_t workers) {
  const auto cores = std::max<int64_t>(1, std::thread::hardware_concurrency());
  return {cores >= 4 ? std::min(2 * workers, cores / 2) : 1,
          std::clamp<int64_t>(cores / 2, 1, 4 * workers)};
}

}  // namespace fcclip::runs
