#include "fcclip/pretrain/check_pairs.h"

#include <algorithm>
#include <set>
#include <thread>

#include <c10/util/ParallelGuard.h>

#include "fcclip/engine/loader.h"
#include "fcclip/image/image_file.h"
#include "fcclip/train/bad_pictures.h"

namespace fcclip::pretrain {
namespace {

struct PictureReport {
  int64_t shorter_px = 0, longer_px = 0;  // 0 of one that can't be read
  std::string problem;
};

PictureReport look_at(const std::filesystem::path& path) {
  const c10::ParallelGuard one_thread(true);
  try {
    const at::Tensor rgb = image::read_rgb(path);
    return {std::min(rgb.size(0), rgb.size(1)), std::max(rgb.size(0), rgb.size(1)), ""};
  } catch (const Error& error) {
    if (!train::is_about_a_picture(error)) throw;
    return {0, 0, train::bad_picture(0, error).reason};
  }
}

}  // namespace

PairReport check_pairs(const std::vector<ListedPicture>& pictures,
                       const std::function<bool(int64_t done, int64_t total)>& progress) {
  const int64_t total = std::ssize(pictures);
  const engine::LoaderOptions options{std::max<int64_t>(1, std::thread::hardware_concurrency()),
                                      64};
  engine::Loader<PictureReport> reports(
      [&](int64_t index) {
        return index < total ? look_at(pictures[index].path) : PictureReport();
      },
      0, options);
  PairReport all;
  std::set<std::string> names;
  for (int64_t i = 0; i < total; ++i) {
    const PictureReport one = reports.next();
    ++all.pictures;
    all.captions += std::ssize(pictures[i].captions);
    names.insert(pictures[i].names.begin(), pictures[i].names.end());
    if (!one.problem.empty()) {
      all.problems.push_back(one.problem);
    } else {
      const bool is_first = all.largest_side_px == 0;
      all.smallest_side_px =
          is_first ? one.shorter_px : std::min(all.smallest_side_px, one.shorter_px);
      all.largest_side_px = std::max(all.largest_side_px, one.longer_px);
    }
    if (progress && !progress(i + 1, total)) break;
  }
  all.names = std::ssize(names);
  return all;
}

}  // namespace fcclip::pretrain
