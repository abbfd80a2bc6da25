#include "fcclip/pretrain/check_pairs.h"

#include <algorithm>
#include <set>
#include <thread>

#include <c10/util/ParallelGuard.h>

#include "fcclip/core/loader.h"
#include "fcclip/engine/bad_pictures.h"
#include "fcclip/image/image_file.h"

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
    if (!engine::is_about_a_picture(error)) throw;
    return {0, 0, engine::bad_picture(0, error).reason};
  }
}

}  // namespace

void check_pairs(const std::vector<ListedPicture>& pictures, PairReport& report,
                 const Progress& progress) {
  const int64_t total = std::ssize(pictures);
  const LoaderOptions options{std::max<int64_t>(1, std::thread::hardware_concurrency()), 64};
  Loader<PictureReport> reports(
      [&](int64_t index) {
        return index < total ? look_at(pictures[index].path) : PictureReport();
      },
      0, options);
  std::set<std::string> names;
  for (int64_t i = 0; i < total; ++i) {
    const PictureReport one = reports.next();
    ++report.pictures;
    report.captions += std::ssize(pictures[i].captions);
    names.insert(pictures[i].names.begin(), pictures[i].names.end());
    report.names = std::ssize(names);
    if (!one.problem.empty()) {
      report.problems.push_back(one.problem);
    } else {
      const bool is_first = report.largest_side_px == 0;
      report.smallest_side_px =
          is_first ? one.shorter_px : std::min(report.smallest_side_px, one.shorter_px);
      report.largest_side_px = std::max(report.largest_side_px, one.longer_px);
    }
    report_progress(progress, i + 1, total, "pictures");
  }
}

std::string pair_report_text(const PairReport& report) {
  std::string text = std::to_string(report.pictures) + " pictures, " +
                     std::to_string(report.captions) + " captions, " +
                     std::to_string(report.names) + " names, sides " +
                     std::to_string(report.smallest_side_px) + " to " +
                     std::to_string(report.largest_side_px) + " px\n";
  for (const std::string& problem : report.problems) text += "problem: " + problem + '\n';
  return text;
}

}  // namespace fcclip::pretrain
