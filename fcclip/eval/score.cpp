#include "fcclip/eval/score.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/eval/parallel_pictures.h"
#include "fcclip/image/label_file.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& given, const fs::path& json) {
  fs::path folder = given;
  if (folder.empty()) folder = json.parent_path() / json.stem();
  if (!fs::is_directory(folder)) {
    fail(ErrorCode::not_found, folder.string(), ": no such folder (it should hold the PNGs of ",
         json.string(), ")");
  }
  return folder;
}

// Truth and prediction of the same picture.
struct EntryPair {
  const PanopticEntry* truth;
  const PanopticEntry* prediction;
};

std::vector<EntryPair> pair_entries(const PanopticFile& truth, const PanopticFile& prediction,
                                    const PanopticFiles& files) {
  std::unordered_map<int64_t, const PanopticEntry*> predictions;
  for (const PanopticEntry& entry : prediction.entries) predictions[entry.image_id] = &entry;
  std::vector<EntryPair> pairs;
  for (const PanopticEntry& entry : truth.entries) {
    const auto found = predictions.find(entry.image_id);
    if (found == predictions.end()) {
      fail(ErrorCode::bad_format, files.prediction_json.string(),
           ": no prediction for the picture with image_id ", entry.image_id);
    }
    pairs.push_back({&entry, found->second});
    predictions.erase(found);
  }
  if (!predictions.empty()) {
    fail(ErrorCode::bad_format, files.prediction_json.string(), ": a prediction for image_id ",
         predictions.begin()->first, ", which is not in the truth");
  }
  if (pairs.empty()) fail(ErrorCode::bad_format, files.truth_json.string(), ": no pictures in it");
  return pairs;
}

void check_categories(const PanopticEntry& entry, const std::set<int64_t>& known,
                      const fs::path& file) {
  for (const PanopticSegmentInfo& segment : entry.segments) {
    if (!known.contains(segment.category_id)) {
      fail(ErrorCode::bad_format, file.string(), ": segment ", segment.id, " of image_id ",
           entry.image_id, " has the unknown category_id ", segment.category_id);
    }
  }
}

// A truth without areas (some converters leave them out) is counted.
void complete_areas(PanopticMap& map) {
  const bool complete = std::all_of(map.segments.begin(), map.segments.end(),
                                    [](const auto& segment) { return segment.area_px > 0; });
  if (complete) return;
  std::map<int64_t, int64_t> areas = data::areas_of_ids(map.ids);
  for (PanopticSegmentInfo& segment : map.segments) {
    if (segment.area_px <= 0) segment.area_px = areas[segment.id];
  }
}

std::vector<fs::path> label_pngs(const fs::path& folder) {
  if (!fs::is_directory(folder)) fail(ErrorCode::not_found, folder.string(), ": no such folder");
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".png") names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) fail(ErrorCode::not_found, folder.string(), ": no PNG files in it");
  return names;
}

}  // namespace

PanopticScore score_panoptic(const PanopticFiles& files, const Progress& progress) {
  const PanopticFile truth = read_panoptic_file(files.truth_json);
  const PanopticFile prediction = read_panoptic_file(files.prediction_json);
  const fs::path truth_folder = folder_of(files.truth_pngs, files.truth_json);
  const fs::path prediction_folder = folder_of(files.prediction_pngs, files.prediction_json);
  const std::vector<EntryPair> pairs = pair_entries(truth, prediction, files);
  std::set<int64_t> known;
  for (const Category& category : truth.categories) known.insert(category.id);

  const auto one = [&](int64_t index, PanopticQuality& quality) {
    const auto [wanted, got] = pairs[index];
    check_categories(*wanted, known, files.truth_json);
    check_categories(*got, known, files.prediction_json);
    PanopticMap truth_map{image::read_id_map(truth_folder / wanted->png), wanted->segments};
    const PanopticMap predicted{image::read_id_map(prediction_folder / got->png), got->segments};
    complete_areas(truth_map);
    quality.add(truth_map, predicted, (prediction_folder / got->png).string());
  };
  return {parallel_pictures<PanopticQuality>(std::ssize(pairs), {}, one, progress),
          truth.categories};
}

InstanceScore score_instances(const fs::path& truth_json, const fs::path& results_json,
                              const Progress& progress) {
  const InstanceFile truth = read_instance_file(truth_json);
  if (truth.images.empty()) fail(ErrorCode::bad_format, truth_json.string(), ": no pictures in it");
  auto detections = read_results_file(results_json, truth);
  InstanceScore score;
  score.categories = truth.categories;
  int64_t done = 0;
  for (const InstanceImage& image : truth.images) {
    std::vector<DetectedInstance>& found = detections[image.id];
    score.masks.add_image(image.id, image.truths, found);
    use_box_areas(found);
    score.boxes.add_image(image.id, image.truths, found);
    if (progress) progress(++done, std::ssize(truth.images));
  }
  return score;
}

SemanticScore score_semantic(const SemanticFolders& folders, const Progress& progress) {
  const std::vector<fs::path> names = label_pngs(folders.truth);
  for (const fs::path& name : label_pngs(folders.prediction)) {
    if (!std::binary_search(names.begin(), names.end(), name)) {
      fail(ErrorCode::bad_format, (folders.prediction / name).string(),
           ": a prediction for a picture that is not in the truth");
    }
  }
  const auto one = [&](int64_t index, SemanticScore& score) {
    const fs::path truth = folders.truth / names[index], got = folders.prediction / names[index];
    try {
      score.add(image::read_label_map(truth), image::read_label_map(got), folders.ignore);
    } catch (const Error& error) {
      const std::string message = error.what();
      if (message.find(names[index].string()) != std::string::npos) throw;
      fail(error.code(), got.string(), ": ", message);
    }
  };
  return parallel_pictures(std::ssize(names), SemanticScore(folders.classes), one, progress);
}

}  // namespace fcclip::eval
