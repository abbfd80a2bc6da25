#include "fcclip/eval/coco_files.h"

#include <algorithm>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/results/coco_json.h"

namespace fcclip::eval {
namespace {

using nlohmann::json;

json parse_file(const std::filesystem::path& path) {
  const std::string text = io::read_file(path, size_t{1} << 33);
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    fail(ErrorCode::bad_format, path.string(), ": not valid JSON (truncated?): ", error.what());
  }
}

// Runs `read` and turns nlohmann's messages into one that names the file and the entry.
template <typename Read>
auto reading(const std::filesystem::path& path, std::string_view what, const Read& read) {
  try {
    return read();
  } catch (const json::exception& error) {
    fail(ErrorCode::bad_format, path.string(), ": ", what, ": ", error.what());
  }
}

std::vector<Category> read_categories(const json& file) {
  std::vector<Category> categories;
  if (!file.contains("categories")) return categories;
  for (const json& entry : file["categories"]) {
    categories.push_back({entry.at("id"), entry.at("name"), entry.value("isthing", 1) != 0});
  }
  return categories;
}

PanopticEntry read_entry(const json& annotation) {
  PanopticEntry entry{annotation.at("image_id"), annotation.at("file_name"), {}};
  for (const json& info : annotation.at("segments_info")) {
    entry.segments.push_back({info.at("id"), info.at("category_id"),
                              static_cast<int64_t>(info.value("area", 0.0)),
                              info.value("iscrowd", 0) != 0});
  }
  return entry;
}

TruthInstance read_truth(const json& annotation, Size size) {
  TruthInstance truth;
  truth.category_id = annotation.at("category_id");
  truth.is_crowd = annotation.value("iscrowd", 0) != 0;
  truth.area_px = annotation.at("area");
  annotation.at("bbox").get_to(truth.box_xywh_px);
  truth.mask = results::mask_of_segmentation(annotation.at("segmentation"), size);
  return truth;
}

DetectedInstance read_detection(const json& entry, Size size) {
  DetectedInstance detection;
  detection.category_id = entry.at("category_id");
  detection.score = entry.at("score");
  detection.mask = results::mask_of_segmentation(entry.at("segmentation"), size);
  detection.area_px = static_cast<double>(results::area(detection.mask));
  entry.at("bbox").get_to(detection.box_xywh_px);
  return detection;
}

// Adds the file's and the entry's name to what went wrong inside.
template <typename Read>
auto in_entry(const std::filesystem::path& path, std::string_view kind, size_t index,
              const Read& read) {
  const std::string what = std::string(kind) + " " + std::to_string(index);
  try {
    return reading(path, what, read);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(path.string())) throw;
    fail(error.code(), path.string(), ": ", what, ": ", message);
  }
}

}  // namespace

PanopticFile read_panoptic_file(const std::filesystem::path& path) {
  const json file = parse_file(path);
  PanopticFile out;
  out.categories = reading(path, "categories", [&] { return read_categories(file); });
  if (!file.is_object() || !file.contains("annotations")) {
    fail(ErrorCode::bad_format, path.string(), ": no \"annotations\": not a COCO panoptic file");
  }
  for (size_t i = 0; i < file["annotations"].size(); ++i) {
    out.entries.push_back(
        in_entry(path, "annotation", i, [&] { return read_entry(file["annotations"][i]); }));
  }
  return out;
}

InstanceFile read_instance_file(const std::filesystem::path& path) {
  const json file = parse_file(path);
  if (!file.is_object() || !file.contains("images") || !file.contains("annotations")) {
    fail(ErrorCode::bad_format, path.string(),
         ": no \"images\" or \"annotations\": not a COCO instances file");
  }
  InstanceFile out;
  out.categories = reading(path, "categories", [&] { return read_categories(file); });
  reading(path, "images", [&] {
    for (const json& image : file["images"]) {
      out.images.push_back({image.at("id"), {image.at("height"), image.at("width")}, {}});
    }
    return 0;
  });
  std::sort(out.images.begin(), out.images.end(),
            [](const InstanceImage& a, const InstanceImage& b) { return a.id < b.id; });
  std::unordered_map<int64_t, InstanceImage*> by_id;
  for (InstanceImage& image : out.images) by_id[image.id] = &image;
  const json& annotations = file["annotations"];
  for (size_t i = 0; i < annotations.size(); ++i) {
    in_entry(path, "annotation", i, [&] {
      const auto found = by_id.find(annotations[i].at("image_id").get<int64_t>());
      if (found == by_id.end()) fail(ErrorCode::bad_format, "its image_id is not among the images");
      found->second->truths.push_back(read_truth(annotations[i], found->second->size));
      return 0;
    });
  }
  return out;
}

std::map<int64_t, std::vector<DetectedInstance>> read_results_file(
    const std::filesystem::path& path, const InstanceFile& truth) {
  const json file = parse_file(path);
  if (!file.is_array()) {
    fail(ErrorCode::bad_format, path.string(), ": not a COCO results file (a list of detections)");
  }
  std::unordered_map<int64_t, Size> sizes;
  for (const InstanceImage& image : truth.images) sizes[image.id] = image.size;
  std::map<int64_t, std::vector<DetectedInstance>> out;
  for (size_t i = 0; i < file.size(); ++i) {
    in_entry(path, "detection", i, [&] {
      const int64_t image_id = file[i].at("image_id");
      const auto size = sizes.find(image_id);
      if (size == sizes.end()) {
        fail(ErrorCode::bad_format, "image_id ", image_id, " is not in the truth");
      }
      out[image_id].push_back(read_detection(file[i], size->second));
      return 0;
    });
  }
  return out;
}

}  // namespace fcclip::eval
