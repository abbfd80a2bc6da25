#include "fcclip/eval/score.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/coco_layout.h"
#include "fcclip/data/file_form.h"
#include "fcclip/data/file_table.h"
#include "fcclip/data/read_json.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/eval/parallel_pictures.h"
#include "fcclip/eval/score_folders.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

// Truth and prediction of the same picture.
struct EntryPair {
  const PanopticEntry* truth;
  const PanopticEntry* prediction;
};

std::vector<EntryPair> pair_entries(const PanopticFile& truth, const PanopticFile& prediction,
                                    const PanopticFiles& files) {
  if (truth.entries.empty()) {
    fail(ErrorCode::bad_format, files.truth_json.string(), ": no pictures in it");
  }
  data::IdTable positions;
  for (size_t i = 0; i < prediction.entries.size(); ++i) {
    positions.add(prediction.entries[i].image_id, i);
  }
  std::vector<EntryPair> pairs;
  std::vector<bool> used(prediction.entries.size(), false);
  for (const PanopticEntry& entry : truth.entries) {
    const auto found = positions.find(entry.image_id);
    if (!found) {
      fail(ErrorCode::bad_format, files.prediction_json.string(),
           ": no prediction for the picture with image_id ", entry.image_id);
    }
    pairs.push_back({&entry, &prediction.entries[*found]});
    used[*found] = true;
  }
  const auto surplus = std::find(used.begin(), used.end(), false);
  if (surplus != used.end()) {
    fail(ErrorCode::bad_format, files.prediction_json.string(), ": a prediction for image_id ",
         prediction.entries[surplus - used.begin()].image_id, ", which is not in the truth");
  }
  return pairs;
}

// A truth without areas (some converters leave them out) is counted.
void complete_areas(PanopticMap& map) {
  const bool complete = std::all_of(map.segments.begin(), map.segments.end(),
                                    [](const auto& segment) { return segment.area_px > 0; });
  if (complete) return;
  std::map<int64_t, int64_t> areas = data::areas_of_ids(map.ids);
  for (MapSegment& segment : map.segments) {
    if (segment.area_px <= 0) segment.area_px = areas[segment.id];
  }
}

// While files are read nobody knows yet how many pictures there will be.
Tick before_pictures(const Progress& progress) {
  if (!progress) return {};
  return [&progress] { report_progress(progress, 0, 0, "pictures"); };
}

// Which form a file has is asked last: it may be large.
InstanceFile read_true_objects(const InstanceFiles& files, const Tick& tick) {
  try {
    return read_instance_file(files.truth_json, tick);
  } catch (const Error& error) {
    const auto has_pngs = [&] {
      return !files.truth_pngs.empty() ||
             fs::is_directory(files.truth_json.parent_path() / files.truth_json.stem());
    };
    const auto is_panoptic = [&] {
      return data::form_of(data::read_json(files.truth_json, tick)) == data::JsonForm::panoptic;
    };
    if (error.code() != ErrorCode::bad_format || !has_pngs() || !is_panoptic()) throw;
  }
  InstanceFile truth =
      read_things_of_panoptic(files.truth_json, png_folder(files.truth_pngs, files.truth_json));
  truth.remarks.push_back(files.truth_json.string() + ": a panoptic file; its things are scored");
  return truth;
}

void append(std::vector<std::string>& lines, const std::vector<std::string>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

}  // namespace

fs::path png_folder(const fs::path& given, const fs::path& json) {
  const fs::path folder = given.empty() ? data::panoptic_png_folder(json) : given;
  if (!fs::is_directory(folder)) {
    fail(ErrorCode::not_found, folder.string(), ": no such folder (it should hold the PNGs of ",
         json.string(), ")");
  }
  return folder;
}

PanopticScore score_panoptic(const PanopticFiles& files, const Progress& progress) {
  CategoryTable table;
  const Tick tick = before_pictures(progress);
  const PanopticFile truth = read_panoptic_file(files.truth_json, table, tick);
  const PanopticFile prediction = read_panoptic_file(files.prediction_json, table, tick);
  const fs::path truth_folder = png_folder(files.truth_pngs, files.truth_json);
  const fs::path prediction_folder = png_folder(files.prediction_pngs, files.prediction_json);
  const std::vector<EntryPair> pairs = pair_entries(truth, prediction, files);

  const auto one = [&](int64_t index, PanopticQuality& quality) {
    const auto [wanted, got] = pairs[index];
    const fs::path truth_png = data::file_below(truth_folder, wanted->png);
    const fs::path prediction_png = data::file_below(prediction_folder, got->png);
    PanopticMap truth_map{image::read_id_map(truth_png), wanted->segments};
    const PanopticMap predicted{image::read_id_map(prediction_png), got->segments};
    complete_areas(truth_map);
    quality.add(truth_map, predicted, prediction_png.string());
  };
  PanopticScore score{
      parallel_pictures<PanopticQuality>(std::ssize(pairs), {}, one, progress), {}, truth.remarks};
  score.categories = std::move(table.categories);
  append(score.remarks, prediction.remarks);
  return score;
}

InstanceScore score_instances(const InstanceFiles& files, const Progress& progress) {
  const Tick tick = before_pictures(progress);
  InstanceFile truth = read_true_objects(files, tick);
  if (truth.images.empty()) {
    fail(ErrorCode::bad_format, files.truth_json.string(), ": no pictures in it");
  }
  ResultsFile results = read_results_file(files.results_json, truth, tick);
  InstanceScore score;
  score.categories = std::move(truth.table.categories);
  score.has_masks = truth.has_masks;
  score.remarks = std::move(truth.remarks);
  append(score.remarks, results.remarks);
  const int64_t count = std::ssize(truth.images);
  for (int64_t i = 0; i < count; ++i) {
    std::vector<Detection>& found = results.found[i];
    if (truth.has_masks) score.masks.add_image(i, truth.images[i].truths, found);
    use_box_areas(found);
    score.boxes.add_image(i, truth.images[i].truths, found);
    report_progress(progress, i + 1, count, "pictures");
  }
  return score;
}

}  // namespace fcclip::eval
