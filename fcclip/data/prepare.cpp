#include "fcclip/data/prepare.h"

#include <algorithm>
#include <fstream>
#include <map>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/error.h"
#include "fcclip/data/coco_index.h"
#include "fcclip/data/folder_index.h"
#include "fcclip/data/prepare_steps.h"
#include "fcclip/data/registry.h"
#include "fcclip/data/truth_masks.h"
#include "fcclip/image/id_colours.h"
#include "fcclip/image/image_file.h"
#include "fcclip/image/label_file.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/outputs/coco_json.h"
#include "fcclip/results/rle.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void need_colour(const at::Tensor& pixels, const fs::path& path) {
  if (pixels.dim() == 3) return;
  fail(ErrorCode::bad_format, path.string(), ": one channel; expected a colour PNG");
}

json segment_info(int64_t id, int64_t category, bool crowd, const at::Tensor& mask) {
  const results::Rle rle = results::from_mask(mask);
  return {{"id", id},
          {"category_id", category},
          {"area", results::area(rle)},
          {"bbox", results::box_xywh(rle)},
          {"iscrowd", crowd ? 1 : 0}};
}

// The images, annotations and categories of a file that is being made.
struct Document {
  json images = json::array(), annotations = json::array(), categories = json::array();
  void add_image(const std::string& name, const std::string& file, const at::Tensor& map) {
    images.push_back(
        {{"id", name}, {"file_name", file}, {"height", map.size(0)}, {"width", map.size(1)}});
  }
  void write(const fs::path& path) const {
    io::write_atomically(
        path,
        json{{"images", images}, {"annotations", annotations}, {"categories", categories}}.dump(
            -1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
};

json original_categories(std::string_view vocabulary) {
  json categories = json::array();
  const json file = json::parse(classify::builtin_vocabulary_json(vocabulary));
  for (const json& entry : file.at("categories")) {
    categories.push_back({{"id", entry.at("id")},
                          {"name", entry.value("original_name", entry.at("name"))},
                          {"isthing", entry.at("isthing")}});
    if (entry.contains("color")) categories.back()["color"] = entry["color"];
  }
  return categories;
}

// ADE20K: the red channel of an instance PNG counts the 100 things from 1 in the order of the
// classes, the green one the instances.
class AdeScene {
 public:
  AdeScene(const fs::path& labels, const fs::path& instances, const classify::Vocabulary& words)
      : words_(words), instance_file_(instances) {
    stuff_ = image::read_png_exact(labels);
    const at::Tensor rgb = image::read_png_exact(instances);
    need_colour(rgb, instances);
    kinds_ = rgb.select(2, 0).to(at::kInt);
    numbers_ = rgb.select(2, 1).to(at::kInt);
    if (numbers_.sizes() != stuff_.sizes()) {
      fail(ErrorCode::bad_format, instances.string(), ": another size than ", labels.string());
    }
    for (size_t k = 0; k < words.classes.size(); ++k) {
      if (words.classes[k].is_thing) things_.push_back(static_cast<int64_t>(k));
    }
  }

  const at::Tensor& map() const { return stuff_; }

  // Stuff first, things over it; infos of the ids in `ids`.
  json segments(at::Tensor& ids) const {
    ids = at::zeros_like(stuff_);
    json infos = json::array();
    int64_t next = 0;
    const auto add = [&](const at::Tensor& mask, int64_t k) {
      ids.masked_fill_(mask, ++next);
      infos.push_back(segment_info(next, words_.classes[k].id, false, mask));
    };
    for (const auto& [label, area] : areas_of_ids(stuff_)) {
      const int64_t k = label - 1;
      if (k < 0) continue;
      if (k >= std::ssize(words_.classes)) {
        fail(ErrorCode::bad_format, instance_file_.string(), ": label ", label, " beside it");
      }
      if (!words_.classes[k].is_thing) add(stuff_.eq(label), k);
    }
    for (const auto& [mask, k] : instances()) add(mask, k);
    return infos;
  }

  std::vector<std::pair<at::Tensor, int64_t>> instances() const {
    std::vector<std::pair<at::Tensor, int64_t>> found;
    for (const auto& [number, area] : areas_of_ids(numbers_)) {
      if (number == 0) continue;
      const at::Tensor mask = numbers_.eq(number);
      const int64_t kind = kinds_.masked_select(mask)[0].item<int64_t>();
      if (kind < 1 || kind > std::ssize(things_)) {
        fail(ErrorCode::bad_format, instance_file_.string(), ": instance ", number,
             " has the kind ", kind, ", expected 1 to ", things_.size());
      }
      found.push_back({mask, things_[kind - 1]});
    }
    return found;
  }

 private:
  const classify::Vocabulary& words_;
  fs::path instance_file_;
  at::Tensor stuff_, kinds_, numbers_;
  std::vector<int64_t> things_;
};

void prepare_ade20k(const PrepareOptions& options) {
  const fs::path ade = options.root / "ADEChallengeData2016";
  const std::string advice = " (" + download_advice(find_dataset("ade20k_150"), options.root) + ")";
  const fs::path label_folder = ade / "annotations" / long_name(options.split),
                 thing_folder = ade / "annotations_instance" / long_name(options.split);
  const std::string split = short_name(options.split);
  const FolderIndex labels = index_folder({label_folder}, {".png"}, advice);
  const FolderIndex things = index_folder({thing_folder}, {".png"}, advice);
  const classify::Vocabulary words = classify::builtin_vocabulary("ade20k_150");
  Document panoptic, instances;
  panoptic.categories = original_categories("ade20k_150");
  for (const json& category : panoptic.categories) {
    if (category["isthing"] == 1) instances.categories.push_back(category);
  }
  int64_t annotation_id = 0, done = 0;
  for (const auto& [name, path] : labels) {
    const auto thing_file = things.find(name);
    if (thing_file == things.end()) {
      fail(ErrorCode::not_found, (thing_folder / (name + ".png")).string(), ": no such file",
           advice);
    }
    const AdeScene scene(path, thing_file->second, words);
    at::Tensor ids;
    const json infos = scene.segments(ids);
    image::write_png(ade / ("ade20k_panoptic_" + split) / (name + ".png"), image::rgb_of_ids(ids));
    panoptic.add_image(name, name + ".jpg", scene.map());
    panoptic.annotations.push_back(
        {{"image_id", name}, {"file_name", name + ".png"}, {"segments_info", infos}});
    instances.add_image(name, name + ".jpg", scene.map());
    for (const auto& [mask, k] : scene.instances()) {
      json one = segment_info(++annotation_id, words.classes[k].id, false, mask);
      one["image_id"] = name;
      one["segmentation"] = {{"size", {mask.size(0), mask.size(1)}},
                             {"counts", results::to_string(results::from_mask(mask))}};
      instances.annotations.push_back(std::move(one));
    }
    report(options, ++done, labels.size());
  }
  panoptic.write(ade / ("ade20k_panoptic_" + split + ".json"));
  instances.write(ade / ("ade20k_instance_" + split + ".json"));
}

// Cityscapes: an instance id below 1000 is a class without instances told apart, else
// class · 1000 + number.
void prepare_cityscapes(const PrepareOptions& options) {
  const fs::path fine = options.root / "cityscapes/gtFine";
  const std::string split = short_name(options.split);
  const FolderIndex files =
      index_folder({fine / split}, {"_gtFine_instanceIds.png"},
                   " (" + download_advice(find_dataset("cityscapes"), options.root) + ")");
  const classify::Vocabulary words = classify::builtin_vocabulary("cityscapes_19");
  std::map<int64_t, bool> is_thing;
  for (const classify::VocabularyClass& entry : words.classes) is_thing[entry.id] = entry.is_thing;
  Document document;
  document.categories = original_categories("cityscapes_19");
  int64_t done = 0;
  for (const auto& [name, path] : files) {
    const at::Tensor stored = image::read_png_exact(path);
    if (stored.dim() != 2) fail(ErrorCode::bad_format, path.string(), ": a colour PNG");
    at::Tensor ids = at::zeros_like(stored);
    json infos = json::array();
    for (const auto& [id, area] : areas_of_ids(stored)) {
      const int64_t category = id < 1000 ? id : id / 1000;
      const auto known = is_thing.find(category);
      if (known == is_thing.end()) continue;
      const at::Tensor mask = stored.eq(id);
      ids.masked_fill_(mask, id);
      infos.push_back(segment_info(id, category, id < 1000 && known->second, mask));
    }
    const std::string png = name + "_gtFine_panoptic.png";
    image::write_png(fine / ("cityscapes_panoptic_" + split) / png, image::rgb_of_ids(ids));
    document.add_image(name, name + "_gtFine_leftImg8bit.png", stored);
    document.annotations.push_back(
        {{"image_id", name}, {"file_name", png}, {"segments_info", infos}});
    report(options, ++done, files.size());
  }
  document.write(fine / ("cityscapes_panoptic_" + split + ".json"));
}

std::vector<std::string> read_lines(const fs::path& path, const std::string& advice) {
  std::ifstream in(path);
  if (!in) fail(ErrorCode::not_found, path.string(), ": no such file", advice);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
      line.pop_back();
    }
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

void prepare_voc(const PrepareOptions& options) {
  const fs::path voc = options.root / "VOCdevkit/VOC2012", out = options.root / "pascal_voc_d2";
  const std::string advice = " (" + download_advice(find_dataset("voc20"), options.root) + ")";
  const std::string split = long_name(options.split);
  const std::vector<std::string> names = read_lines(
      voc / "ImageSets/Segmentation" / (std::string(short_name(options.split)) + ".txt"), advice);
  int64_t done = 0;
  for (const std::string& name : names) {
    const at::Tensor stored = image::read_png_exact(voc / "SegmentationClass" / (name + ".png"));
    const at::Tensor without_background =
        at::where(stored.eq(0).logical_or(stored.eq(255)), 255, stored - 1);
    image::write_png(out / "annotations_pascal21" / split / (name + ".png"), stored.to(at::kByte));
    image::write_png(out / "annotations_pascal20" / split / (name + ".png"),
                     without_background.to(at::kByte));
    io::write_atomically(out / "images" / split / (name + ".jpg"),
                         io::read_file(voc / "JPEGImages" / (name + ".jpg")));
    report(options, ++done, names.size());
  }
}

void prepare_coco(const PrepareOptions& options) {
  const auto coco =
      open_split(split_of(find_dataset("coco_panoptic"), options.split), options.root);
  const std::string folder = std::string("panoptic_semseg_") + short_name(options.split) + "2017";
  for (int64_t i = 0; i < coco->size(); ++i) {
    const PanopticTruth truth = coco->panoptic(i);
    const at::Tensor labels = labels_of_truth(truth.ids, truth.segments);
    image::write_png(options.root / "coco" / folder / (coco->picture(i).name + ".png"),
                     at::where(labels.lt(0), 255, labels).to(at::kByte));
    report(options, i + 1, static_cast<size_t>(coco->size()));
  }
}

}  // namespace

const char* short_name(Split split) {
  return split == Split::training ? "train" : "val";
}

const char* long_name(Split split) {
  return split == Split::training ? "training" : "validation";
}

void report(const PrepareOptions& options, int64_t done, size_t total) {
  report_progress(options.progress, done, static_cast<int64_t>(total), "pictures");
}

bool has_labels(const fs::path& folder, const std::string& name) {
  return fs::exists(folder / (name + ".png")) || fs::exists(folder / (name + ".tif"));
}

void need_file(const fs::path& path, const std::string& advice) {
  if (!fs::exists(path)) fail(ErrorCode::not_found, path.string(), ": no such file", advice);
}

const std::vector<std::string>& preparable() {
  static const std::vector<std::string> kNames = {
      "ade20k_150",        "ade20k_847",         "cityscapes", "coco_panoptic",
      "pascal_context_59", "pascal_context_459", "voc20",      "voc21"};
  return kNames;
}

void prepare(std::string_view name, const PrepareOptions& options) {
  const DatasetSpec& spec = find_dataset(name);
  if (spec.name == "ade20k_150") return prepare_ade20k(options);
  if (spec.name == "cityscapes") return prepare_cityscapes(options);
  if (spec.name == "coco_panoptic") return prepare_coco(options);
  if (spec.name.starts_with("voc")) return prepare_voc(options);
  if (spec.name == "ade20k_847") return prepare_ade20k_full(options);
  if (spec.name == "pascal_context_59") return prepare_context_59(options);
  if (spec.name == "pascal_context_459") return prepare_context_459(options);
  fail(ErrorCode::invalid_argument, spec.name, " needs no preparation; ",
       download_advice(spec, options.root));
}

}  // namespace fcclip::data
