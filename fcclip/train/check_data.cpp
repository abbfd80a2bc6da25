#include "fcclip/train/check_data.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <c10/util/ParallelGuard.h>

#include "fcclip/core/loader.h"
#include "fcclip/data/coco_layout.h"
#include "fcclip/data/file_form.h"

namespace fcclip::train {
namespace {

constexpr int64_t kOfEndless = 100;

// One picture's part of the report.
DataReport check_one(const Source& source, int64_t index) {
  const c10::ParallelGuard one_thread(true);
  DataReport report;
  report.pictures = 1;
  data::Sample sample;
  try {
    sample = source.get(index);
  } catch (const std::exception& error) {
    const std::string message = error.what();
    report.problems.push_back(message.substr(0, message.find('\n')));
    return report;
  }
  for (const data::TruthSegment& segment : sample.segments) {
    ++(segment.is_crowd ? report.crowds : report.segments);
    if (!segment.is_crowd) ++report.segments_per_class[segment.class_index];
  }
  if (report.segments == 0)
    report.problems.push_back(sample.name + ": nothing to learn from in it");
  const int64_t height = sample.rgb.size(0), width = sample.rgb.size(1);
  report.smallest_side_px = std::min(height, width);
  report.largest_side_px = std::max(height, width);
  report.pixels = height * width;
  report.void_pixels = (sample.ids == 0).sum().item<int64_t>();
  return report;
}

void add(DataReport& all, const DataReport& one) {
  all.pictures += one.pictures;
  all.segments += one.segments;
  all.crowds += one.crowds;
  for (const auto& [name, count] : one.segments_per_class) all.segments_per_class[name] += count;
  all.problems.insert(all.problems.end(), one.problems.begin(), one.problems.end());
  all.void_pixels += one.void_pixels;
  all.pixels += one.pixels;
  if (one.pixels == 0) return;
  const bool is_first = all.smallest_side_px == 0;
  all.smallest_side_px =
      is_first ? one.smallest_side_px : std::min(all.smallest_side_px, one.smallest_side_px);
  all.largest_side_px = std::max(all.largest_side_px, one.largest_side_px);
}

}  // namespace

void find_data(const std::filesystem::path& given, DataSettings& data) {
  std::filesystem::path json = given;
  if (std::filesystem::is_directory(given)) {
    json = given /
           (std::filesystem::exists(given / "panoptic.json") ? "panoptic.json" : "instances.json");
  }
  if (!std::filesystem::exists(json)) {
    fail(ErrorCode::not_found, given.string(),
         ": --check takes a COCO panoptic or instances JSON, a folder with panoptic.json or "
         "instances.json, or a configuration (.toml)");
  }
  const bool instances = data::is_instances_file(json);
  data.kind = instances ? "instance" : "panoptic";
  (instances ? data.instances_json : data.panoptic_json) = json.string();
  data.panoptic_pngs = data::panoptic_png_folder(json).string();
  data.images = data::picture_folder_of(json).string();
  data.vocabulary = "";
}

void check_data(const Source& source, DataReport& report, const Progress& progress) {
  const int64_t size = source.dataset->size();
  const int64_t total = size >= kEndless ? kOfEndless : size;
  const LoaderOptions options{std::max<int64_t>(1, std::thread::hardware_concurrency()), 64};
  Loader<DataReport> reports([&](int64_t index) { return check_one(source, index); }, 0, options);
  report.problems = source.dataset->remarks();
  for (int64_t i = 0; i < total; ++i) {
    add(report, reports.next());
    report_progress(progress, i + 1, total, "pictures");
  }
}

}  // namespace fcclip::train
