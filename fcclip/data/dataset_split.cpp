#include "fcclip/data/dataset_split.h"

#include <algorithm>
#include <set>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/data/file_table.h"
#include "fcclip/data/prepare_steps.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/image/read_orientation.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

void check_size(const at::Tensor& map, Size size, const fs::path& file, std::string_view of) {
  if (size.height == 0 || (map.size(0) == size.height && map.size(1) == size.width)) return;
  fail(ErrorCode::bad_format, file.string(), ": ", map.size(1), "x", map.size(0),
       " pixels, expected ", size.width, "x", size.height, " as ", of, " says");
}

// The maps of a panoptic file, which are no pictures even where they lie among them.
std::set<fs::path> maps_of(const CocoIndex& panoptic, const fs::path& folder) {
  std::set<fs::path> maps;
  for (const CocoPicture& entry : panoptic.pictures) {
    maps.insert((folder / entry.png).lexically_normal());
  }
  return maps;
}

[[noreturn]] void refuse_picture(const Picture& picture, Size got, const std::string& by) {
  const auto& [height, width] = picture.size;
  const auto orientation = image::read_orientation(picture.file);
  if (orientation > 4 && got == Size{width, height}) {
    fail(ErrorCode::bad_format, picture.file.string(), ": ", got.width, "x", got.height,
         " pixels once turned as its EXIF orientation ", orientation, " says, but ", by, " says ",
         width, "x", height,
         ": the label tool ignored the orientation; remove it from the picture "
         "or turn the annotations");
  }
  const bool is_scaled = std::abs(static_cast<double>(got.width * height - got.height * width)) <=
                         static_cast<double>(std::max(height, width));
  fail(ErrorCode::bad_format, picture.file.string(), ": ", got.width, "x", got.height,
       " pixels, but ", by, " says ", width, "x", height,
       is_scaled ? ": the picture was made smaller or larger than the one that was annotated" : "");
}

}  // namespace

DatasetSplit::DatasetSplit(SplitFiles files, classify::Vocabulary vocabulary)
    : files_(std::move(files)), vocabulary_(std::move(vocabulary)) {
  CocoIndex panoptic, instances;
  read_annotations(panoptic, instances);
  take_vocabulary(panoptic, instances);
  take_pictures(std::move(panoptic), std::move(instances));
}

void DatasetSplit::read_annotations(CocoIndex& panoptic, CocoIndex& instances) {
  if (!files_.panoptic_json.empty()) {
    need_file(files_.panoptic_json, files_.advice);
    panoptic = read_panoptic_index(files_.panoptic_json, files_.tick);
    if (!fs::is_directory(files_.panoptic_pngs)) {
      fail(ErrorCode::not_found, files_.panoptic_pngs.string(),
           ": no such folder (it should hold the PNGs of ", files_.panoptic_json.string(), ")",
           files_.advice);
    }
  }
  if (!files_.instances_json.empty()) {
    need_file(files_.instances_json, files_.advice);
    instances = read_instance_index(files_.instances_json, files_.tick);
    has_instances_ = true;
  }
  for (const CocoIndex* index : {&panoptic, &instances}) {
    remarks_.insert(remarks_.end(), index->remarks.begin(), index->remarks.end());
  }
}

void DatasetSplit::take_vocabulary(const CocoIndex& panoptic, const CocoIndex& instances) {
  if (vocabulary_.classes.empty()) vocabulary_ = panoptic.categories;
  if (vocabulary_.classes.empty()) vocabulary_ = instances.categories;
  if (vocabulary_.classes.empty()) {
    fail(ErrorCode::invalid_argument, annotation_file().string(),
         ": the data set names no categories; give a vocabulary");
  }
  for (size_t k = 0; k < vocabulary_.classes.size(); ++k) {
    class_of_id_[vocabulary_.classes[k].id] = static_cast<int64_t>(k);
  }
}

void DatasetSplit::take_pictures(CocoIndex panoptic, CocoIndex instances) {
  const FileTable pictures(files_.pictures, files_.picture_suffixes, files_.advice,
                           maps_of(panoptic, files_.panoptic_pngs));
  const NamedBy by{annotation_file(), files_.panoptic_suffix, files_.advice,
                   files_.may_lack_pictures};
  if (!files_.panoptic_json.empty()) {
    pictures_ = match_pictures(panoptic.pictures, pictures, by);
    panoptic_ = std::move(panoptic.pictures);
  } else if (has_instances_) {
    pictures_ = match_pictures(instances.pictures, pictures, by);
    for (size_t i = 0; i < instances.pictures.size(); ++i) {
      instances_[static_cast<int64_t>(i)] = std::move(instances.pictures[i]);
    }
  }
  if (!panoptic_.empty() && has_instances_) {
    std::map<fs::path, int64_t> positions;
    for (size_t i = 0; i < pictures_.size(); ++i) {
      positions[pictures_[i].file] = static_cast<int64_t>(i);
    }
    for (CocoPicture& entry : instances.pictures) {
      const ListedFile* file = find_picture(entry, pictures, files_.panoptic_suffix);
      const auto found = file == nullptr ? positions.end() : positions.find(file->path);
      if (found != positions.end()) instances_[found->second] = std::move(entry);
    }
  }
  take_labels(pictures);
}

void DatasetSplit::take_labels(const FileTable& pictures) {
  if (files_.labels.empty()) {
    if (!pictures_.empty()) return;
    fail(ErrorCode::invalid_argument,
         "a data set needs panoptic, instance or label files besides its pictures");
  }
  const FileTable labels({files_.labels}, files_.label_suffixes, files_.advice);
  if (!pictures_.empty()) {
    std::map<fs::path, const ListedFile*> listed;
    for (const ListedFile& picture : pictures.files()) listed[picture.path] = &picture;
    for (size_t i = 0; i < pictures_.size(); ++i) {
      const auto picture = listed.find(pictures_[i].file);
      if (picture == listed.end()) continue;  // missing
      const ListedFile* label = find_label(*picture->second, labels);
      if (label != nullptr) labels_[static_cast<int64_t>(i)] = label->path;
    }
    return;
  }
  const std::vector<LabelPair> pairs = pair_labels(labels, pictures, files_.advice);
  std::vector<const ListedFile*> named;
  for (const LabelPair& pair : pairs) named.push_back(pair.picture);
  const std::vector<std::string> names =
      unique_names(named, std::vector<std::string>(pairs.size(), "label"));
  for (size_t i = 0; i < pairs.size(); ++i) {
    pictures_.push_back(
        {names[i],
         nlohmann::json(names[i]).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
         pairs[i].picture->path,
         {}});
    labels_[static_cast<int64_t>(i)] = pairs[i].label->path;
  }
}

const fs::path& DatasetSplit::annotation_file() const {
  if (!files_.panoptic_json.empty()) return files_.panoptic_json;
  return files_.instances_json.empty() ? files_.labels : files_.instances_json;
}

int64_t DatasetSplit::class_of(int64_t category_id, const fs::path& file) const {
  const auto found = class_of_id_.find(category_id);
  if (found == class_of_id_.end()) {
    fail(ErrorCode::bad_format, file.string(), ": category_id ", category_id,
         " is not in the vocabulary ", vocabulary_.name);
  }
  return found->second;
}

at::Tensor DatasetSplit::rgb(int64_t index) const {
  at::Tensor rgb = image::read_rgb(picture(index).file);
  const Size size{rgb.size(0), rgb.size(1)};
  const Size said = picture(index).size;
  if (said.height > 0 && !(size == said)) {
    refuse_picture(picture(index), size, annotation_file().string());
  }
  return rgb;
}

Size DatasetSplit::size_of(int64_t index) const {
  const Size said = picture(index).size;
  if (said.height > 0) return said;
  const at::Tensor pixels = rgb(index);
  return {pixels.size(0), pixels.size(1)};
}

PanopticTruth DatasetSplit::panoptic(int64_t index) const {
  const CocoPicture& entry = panoptic_.at(index);
  const fs::path file = file_below(files_.panoptic_pngs, entry.png);
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

PictureInstances DatasetSplit::instances(int64_t index) const {
  PictureInstances out;
  const auto found = instances_.find(index);
  if (found == instances_.end()) return out;
  const CocoPicture& entry = found->second;
  const Size size = entry.size.height > 0 ? entry.size : size_of(index);
  out.is_federated = entry.is_federated;
  for (const InstanceEntry& annotation : entry.instances) {
    InstanceTruth truth;
    truth.class_index = class_of(annotation.category_id, files_.instances_json);
    truth.is_crowd = annotation.is_crowd;
    truth.mask = decode_segmentation(annotation.segmentation, size,
                                     files_.instances_json.string() + ": image " + entry.id_text);
    const auto area = static_cast<double>(results::area(truth.mask));
    truth.area_px = annotation.area_px.value_or(area);
    truth.box_xywh_px = annotation.box_xywh_px.value_or(box_of_mask(truth.mask));
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

at::Tensor DatasetSplit::labels(int64_t index) const {
  if (labels_.empty()) {
    const PanopticTruth truth = panoptic(index);
    return labels_of_truth(truth.ids, truth.segments);
  }
  const auto found = labels_.find(index);
  if (found == labels_.end()) {
    fail(ErrorCode::not_found, (files_.labels / picture(index).name).string(),
         files_.label_suffixes.front(), ": no such file", files_.advice);
  }
  const at::Tensor stored = image::read_label_map(found->second);
  check_size(stored, picture(index).size, found->second, "the annotation file");
  return decode_labels(stored, {files_.coding, files_.ignore_label}, vocabulary_,
                       found->second.string());
}

std::vector<int64_t> DatasetSplit::classes_of(int64_t index) const {
  std::vector<int64_t> classes;
  if (has_panoptic()) {
    for (const SegmentEntry& segment : panoptic_.at(index).segments) {
      classes.push_back(class_of(segment.category_id, files_.panoptic_json));
    }
  } else if (has_instances()) {
    const auto found = instances_.find(index);
    if (found == instances_.end()) return classes;
    for (const InstanceEntry& entry : found->second.instances) {
      classes.push_back(class_of(entry.category_id, files_.instances_json));
    }
  } else {
    for (const auto& [label, area] : areas_of_ids(labels(index))) {
      if (label >= 0) classes.push_back(label);
    }
  }
  return classes;
}

Sample DatasetSplit::get(int64_t index) const {
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
