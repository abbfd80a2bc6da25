#include "fcclip/data/benchmark.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/results/coco_json.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

void need_file(const fs::path& path, const std::string& advice) {
  if (!fs::exists(path)) fail(ErrorCode::not_found, path.string(), ": no such file", advice);
}

void check_size(const at::Tensor& map, Size size, const fs::path& file, std::string_view of) {
  if (size.height == 0 || (map.size(0) == size.height && map.size(1) == size.width)) return;
  fail(ErrorCode::bad_format, file.string(), ": ", map.size(1), "x", map.size(0),
       " pixels, expected ", size.width, "x", size.height, " as ", of, " says");
}

// The picture an annotation means: by its file, by its id, by its PNG.
FolderIndex::const_iterator find_picture(const CocoPicture& entry, const FolderIndex& files,
                                         const std::string& png_suffix) {
  std::vector<std::string> names = {stem_of(entry.file_name), entry.id_text, stem_of(entry.png)};
  if (entry.png.ends_with(png_suffix)) {
    names.push_back(entry.png.substr(0, entry.png.size() - png_suffix.size()));
  }
  for (const std::string& name : names) {
    const auto found = files.find(name);
    if (found != files.end()) return found;
  }
  return files.end();
}

}  // namespace

Benchmark::Benchmark(BenchmarkFiles files, classify::Vocabulary vocabulary)
    : files_(std::move(files)), vocabulary_(std::move(vocabulary)) {
  const FolderIndex pictures =
      index_folder(files_.pictures,
                   files_.picture_suffixes.empty() ? picture_suffixes() : files_.picture_suffixes,
                   files_.advice);
  CocoIndex panoptic, instances;
  if (!files_.panoptic_json.empty()) {
    need_file(files_.panoptic_json, files_.advice);
    if (!fs::is_directory(files_.panoptic_pngs)) {
      fail(ErrorCode::not_found, files_.panoptic_pngs.string(), ": no such folder", files_.advice);
    }
    panoptic = read_panoptic_index(files_.panoptic_json);
  }
  if (!files_.instances_json.empty()) {
    need_file(files_.instances_json, files_.advice);
    instances = read_instance_index(files_.instances_json);
  }
  if (!files_.labels.empty()) {
    labels_ = index_folder({files_.labels}, files_.label_suffixes, files_.advice);
  }
  if (vocabulary_.classes.empty()) vocabulary_ = panoptic.categories;
  if (vocabulary_.classes.empty()) vocabulary_ = instances.categories;
  if (vocabulary_.classes.empty()) {
    fail(ErrorCode::invalid_argument, "the data set names no categories; give a vocabulary");
  }
  for (size_t k = 0; k < vocabulary_.classes.size(); ++k) {
    class_of_id_[vocabulary_.classes[k].id] = static_cast<int64_t>(k);
  }
  if (!files_.panoptic_json.empty()) {
    find_pictures(panoptic.pictures, pictures, files_.panoptic_json);
    panoptic_ = std::move(panoptic.pictures);
  } else if (!files_.instances_json.empty()) {
    find_pictures(instances.pictures, pictures, files_.instances_json);
  } else {
    list_pictures(pictures);
  }
  for (CocoPicture& entry : instances.pictures) {
    const auto found = find_picture(entry, pictures, files_.panoptic_suffix);
    if (found != pictures.end()) instances_[found->first] = std::move(entry);
  }
}

void Benchmark::find_pictures(const std::vector<CocoPicture>& entries, const FolderIndex& files,
                              const fs::path& json) {
  for (const CocoPicture& entry : entries) {
    const auto found = find_picture(entry, files, files_.panoptic_suffix);
    if (found == files.end()) {
      fail(ErrorCode::not_found, files_.pictures.front().string(), ": no picture ",
           entry.file_name.empty() ? entry.id_text : entry.file_name, ", which ", json.string(),
           " names", files_.advice);
    }
    pictures_.push_back({found->first, entry.id_json, found->second, entry.size});
  }
  if (pictures_.empty()) fail(ErrorCode::bad_format, json.string(), ": no pictures in it");
}

void Benchmark::list_pictures(const FolderIndex& files) {
  for (const auto& [name, label] : labels_) {
    const auto found = files.find(name);
    if (found == files.end()) {
      fail(ErrorCode::not_found, files_.pictures.front().string(), ": no picture ", name,
           ".*, whose labels are ", label.string(), files_.advice);
    }
    pictures_.push_back({name, nlohmann::json(name).dump(), found->second, {}});
  }
  if (pictures_.empty()) {
    fail(ErrorCode::invalid_argument,
         "a data set needs panoptic, instance or label files besides its pictures");
  }
}

int64_t Benchmark::class_of(int64_t category_id, const fs::path& file) const {
  const auto found = class_of_id_.find(category_id);
  if (found == class_of_id_.end()) {
    fail(ErrorCode::bad_format, file.string(), ": category_id ", category_id,
         " is not in the vocabulary ", vocabulary_.name);
  }
  return found->second;
}

at::Tensor Benchmark::rgb(int64_t index) const {
  return image::read_rgb(picture(index).file);
}

PanopticTruth Benchmark::panoptic(int64_t index) const {
  const CocoPicture& entry = panoptic_.at(index);
  const fs::path file = files_.panoptic_pngs / entry.png;
  PanopticTruth truth;
  truth.ids = image::read_id_map(file);
  check_size(truth.ids, entry.size, file, files_.panoptic_json.string());
  const std::map<int64_t, int64_t> counted = areas_of_ids(truth.ids);
  for (const SegmentEntry& segment : entry.segments) {
    const auto found = counted.find(segment.id);
    if (found == counted.end()) {
      fail(ErrorCode::bad_format, file.string(), ": no pixel has segment id ", segment.id,
           ", which ", files_.panoptic_json.string(), " lists");
    }
    truth.segments.push_back(
        {segment.id, class_of(segment.category_id, files_.panoptic_json), segment.is_crowd});
    truth.areas_px.push_back(segment.area_px > 0 ? segment.area_px : found->second);
  }
  // Pixels of segments that the list lacks are void, as the official tools see them.
  return truth;
}

PictureInstances Benchmark::instances(int64_t index) const {
  PictureInstances out;
  const auto found = instances_.find(picture(index).name);
  if (found == instances_.end()) return out;
  const CocoPicture& entry = found->second;
  out.is_federated = entry.is_federated;
  for (const InstanceEntry& annotation : entry.instances) {
    InstanceTruth truth;
    truth.class_index = class_of(annotation.category_id, files_.instances_json);
    truth.box_xywh_px = annotation.box_xywh_px;
    truth.area_px = annotation.area_px;
    truth.is_crowd = annotation.is_crowd;
    truth.mask = decode_segmentation(annotation.segmentation, entry.size,
                                     files_.instances_json.string() + ": image " + entry.id_text);
    out.judged_classes.push_back(truth.class_index);
    out.instances.push_back(std::move(truth));
  }
  for (const int64_t id : entry.negative_categories) {
    out.judged_classes.push_back(class_of(id, files_.instances_json));
  }
  for (const int64_t id : entry.incomplete_categories) {
    out.incomplete_classes.push_back(class_of(id, files_.instances_json));
  }
  return out;
}

at::Tensor Benchmark::labels(int64_t index) const {
  if (labels_.empty()) {
    const PanopticTruth truth = panoptic(index);
    return labels_of_truth(truth.ids, truth.segments);
  }
  const auto found = labels_.find(picture(index).name);
  if (found == labels_.end()) {
    fail(ErrorCode::not_found, (files_.labels / picture(index).name).string(),
         files_.label_suffixes.front(), ": no such file", files_.advice);
  }
  const at::Tensor stored = image::read_label_map(found->second);
  check_size(stored, picture(index).size, found->second, "the annotation file");
  return decode_labels(stored, {files_.coding, files_.ignore_label}, vocabulary_,
                       found->second.string());
}

Sample Benchmark::get(int64_t index) const {
  Sample sample;
  sample.name = picture(index).name;
  sample.rgb = rgb(index);
  if (has_panoptic()) {
    PanopticTruth truth = panoptic(index);
    sample.ids = only_listed(truth.ids, truth.segments);
    sample.segments = std::move(truth.segments);
  } else if (has_instances()) {
    paint_instances(instances(index).instances, {sample.rgb.size(0), sample.rgb.size(1)}, sample);
  } else {
    paint_labels(labels(index), sample);
  }
  if (sample.ids.size(0) != sample.rgb.size(0) || sample.ids.size(1) != sample.rgb.size(1)) {
    fail(ErrorCode::bad_format, picture(index).file.string(), ": ", sample.rgb.size(1), "x",
         sample.rgb.size(0), " pixels, but its annotation has ", sample.ids.size(1), "x",
         sample.ids.size(0));
  }
  return sample;
}

}  // namespace fcclip::data
