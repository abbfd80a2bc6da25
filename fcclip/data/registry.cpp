#include "fcclip/data/registry.h"

#include <algorithm>

#include "fcclip/classify/builtin_vocabularies.h"
#include "fcclip/core/environment.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/text/printable.h"

namespace fcclip::data {
namespace {

namespace fs = std::filesystem;

const LabelCoding kContiguous = LabelCoding::contiguous;

using Table = std::vector<DatasetSpec>;

void add_coco_and_ade20k(Table& table) {
  table.push_back({.name = "coco_panoptic",
                   .aliases = {"coco"},
                   .vocabulary = "coco_panoptic_133",
                   .thing_vocabulary = "coco_instance",
                   .pictures = {"coco/val2017"},
                   .panoptic_json = "coco/annotations/panoptic_val2017.json",
                   .panoptic_pngs = "coco/panoptic_val2017",
                   .panoptic_suffix = ".png",
                   .instances_json = "coco/annotations/instances_val2017.json",
                   .labels = {{"coco/panoptic_semseg_val2017", {".png"}, kContiguous}},
                   .download = "val2017.zip, annotations_trainval2017.zip and "
                               "panoptic_annotations_trainval2017.zip from cocodataset.org",
                   .unpack = "coco",
                   .prepare = ""});
  table.push_back(
      {.name = "ade20k_150",
       .aliases = {"ade20k", "ade20k_panoptic", "ade150", "a150"},
       .vocabulary = "ade20k_150",
       .thing_vocabulary = "ade20k_instance",
       .pictures = {"ADEChallengeData2016/images/validation"},
       .panoptic_json = "ADEChallengeData2016/ade20k_panoptic_val.json",
       .panoptic_pngs = "ADEChallengeData2016/ade20k_panoptic_val",
       .panoptic_suffix = ".png",
       .instances_json = "ADEChallengeData2016/ade20k_instance_val.json",
       .labels = {{"ADEChallengeData2016/annotations_detectron2/validation", {".png"}, kContiguous},
                  {"ADEChallengeData2016/annotations/validation", {".png"}, LabelCoding::from_one}},
       .download = "ADEChallengeData2016.zip and annotations_instance.tar from "
                   "sceneparsing.csail.mit.edu",
       .prepare = "ade20k_150"});
  table.push_back({.name = "ade20k_847",
                   .aliases = {"ade20k_full", "ade847", "a847"},
                   .vocabulary = "ade20k_847",
                   .pictures = {"ADE20K_2021_17_01/images_detectron2/validation"},
                   .labels = {{"ADE20K_2021_17_01/annotations_detectron2/validation",
                               {".tif", ".png"},
                               kContiguous}},
                   .ignore_label = 65535,
                   .resized_late = true,
                   .download = "ADE20K_2021_17_01 from groups.csail.mit.edu/vision/datasets/ADE20K",
                   .prepare = "ade20k_847"});
}

void add_streets(Table& table) {
  table.push_back(
      {.name = "cityscapes",
       .aliases = {},
       .vocabulary = "cityscapes_19",
       .pictures = {"cityscapes/leftImg8bit/val"},
       .picture_suffixes = {"_leftImg8bit.png"},
       .panoptic_json = "cityscapes/gtFine/cityscapes_panoptic_val.json",
       .panoptic_pngs = "cityscapes/gtFine/cityscapes_panoptic_val",
       .panoptic_suffix = "_gtFine_panoptic.png",
       .labels = {{"cityscapes/gtFine/val", {"_gtFine_labelIds.png"}, LabelCoding::dataset_ids},
                  {"cityscapes/gtFine/val", {"_gtFine_labelTrainIds.png"}, kContiguous}},
       .short_side = 1024,
       .max_side = 2560,
       .cityscapes_truth = "cityscapes/gtFine/val",
       .download = "leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip from "
                   "cityscapes-dataset.com",
       .unpack = "cityscapes",
       .prepare = "cityscapes"});
  table.push_back({.name = "mapillary_vistas",
                   .aliases = {"mapillary", "vistas"},
                   .vocabulary = "mapillary_vistas_65",
                   .pictures = {"mapillary_vistas/validation/images"},
                   .panoptic_json = "mapillary_vistas/validation/panoptic/panoptic_2018.json",
                   .panoptic_pngs = "mapillary_vistas/validation/panoptic",
                   .panoptic_suffix = ".png",
                   .labels = {{"mapillary_vistas/validation/labels", {".png"}, kContiguous}},
                   .ignore_label = 65,
                   .short_side = 1024,
                   .max_side = 2560,
                   .scores_instances = false,
                   .download = "Mapillary Vistas 1.2 from mapillary.com/dataset/vistas",
                   .unpack = "mapillary_vistas",
                   .prepare = ""});
}

void add_pascal(Table& table) {
  const auto pascal = [&table](std::string name, std::vector<std::string> aliases,
                               std::string vocabulary, std::string folder, std::string download) {
    const bool wide = name == "pascal_context_459";
    table.push_back({.name = name,
                     .aliases = std::move(aliases),
                     .vocabulary = std::move(vocabulary),
                     .pictures = {folder.substr(0, folder.find('/')) + "/images/validation"},
                     .labels = {{folder + "/validation", {".png", ".tif"}, kContiguous}},
                     .ignore_label = wide ? 65535 : 255,
                     .resized_late = true,
                     .download = std::move(download),
                     .prepare = name});
  };
  const std::string context =
      "VOCtrainval_03-May-2010.tar from host.robots.ox.ac.uk/pascal/VOC and trainval_merged.json "
      "from codalabuser.blob.core.windows.net/public";
  const std::string voc = "VOCtrainval_11-May-2012.tar from host.robots.ox.ac.uk/pascal/VOC";
  pascal("pascal_context_59", {"pc59", "ctx59"}, "pascal_context_59",
         "pascal_ctx_d2/annotations_ctx59", context);
  pascal("pascal_context_459", {"pc459", "ctx459"}, "pascal_context_459",
         "pascal_ctx_d2/annotations_ctx459",
         context + ", and trainval.tar.gz from www.cs.stanford.edu/~roozbeh/pascal-context");
  pascal("voc20", {"pascal_voc_20", "pas20"}, "pascal_voc_20", "pascal_voc_d2/annotations_pascal20",
         voc);
  pascal("voc21", {"pascal_voc_21", "pas21"}, "pascal_voc_21", "pascal_voc_d2/annotations_pascal21",
         voc);
}

void add_coco_relatives(Table& table) {
  table.push_back(
      {.name = "coco_stuff",
       .aliases = {"coco_stuff_164k"},
       .vocabulary = "coco_stuff_164k",
       .pictures = {"coco/val2017"},
       .labels = {{"coco/stuffthingmaps_detectron2/val2017", {".png"}, kContiguous},
                  {"coco/stuffthingmaps/val2017", {".png"}, LabelCoding::dataset_ids_minus_one}},
       .resized_late = true,
       .download =
           "val2017.zip and stuffthingmaps_trainval2017.zip (github.com/nightrome/cocostuff)",
       .unpack = "coco",
       .prepare = ""});
  table.push_back({.name = "lvis",
                   .aliases = {"lvis_v1"},
                   .vocabulary = "lvis_1203",
                   .pictures = {"coco/val2017", "coco/train2017"},
                   .instances_json = "lvis/lvis_v1_val.json",
                   .detections = 300,
                   .download = "lvis_v1_val.json.zip from lvisdataset.org, train2017.zip and "
                               "val2017.zip from cocodataset.org",
                   .prepare = ""});
}

Table make_table() {
  Table table;
  add_coco_and_ade20k(table);
  add_streets(table);
  add_pascal(table);
  add_coco_relatives(table);
  return table;
}

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '-' && c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

fs::path below(const fs::path& root, const std::string& relative) {
  return relative.empty() ? fs::path() : root / relative;
}

bool holds_file(const fs::path& folder, const std::vector<std::string>& suffixes) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    for (const std::string& suffix : suffixes) {
      if (name.ends_with(suffix)) return true;
    }
  }
  return false;
}

// The form that is there; the first when none is, so that the message names it.
const LabelForm* present_form(const DatasetSpec& spec, const fs::path& root) {
  for (const LabelForm& form : spec.labels) {
    if (holds_file(root / form.folder, form.suffixes)) return &form;
  }
  return spec.labels.empty() ? nullptr : &spec.labels.front();
}

// "…/validation" -> "…/training", "…_val2017" -> "…_train2017": the data sets name both alike.
void to_training(std::string& path) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"validation", "training"}, {"val2017", "train2017"}, {"_val", "_train"}, {"/val", "/train"}};
  for (const auto& [from, to] : kNames) {
    const size_t at = path.find(from);
    if (at != std::string::npos) path.replace(at, from.size(), to);
  }
}

}  // namespace

const std::vector<DatasetSpec>& published_datasets() {
  static const std::vector<DatasetSpec> kTable = make_table();
  return kTable;
}

const DatasetSpec* known_dataset(std::string_view name) {
  const auto is_it = [wanted = plain(name)](const std::string& one) {
    return plain(one) == wanted;
  };
  const auto found = std::ranges::find_if(published_datasets(), [&](const DatasetSpec& spec) {
    return is_it(spec.name) || std::ranges::any_of(spec.aliases, is_it);
  });
  return found == published_datasets().end() ? nullptr : &*found;
}

const DatasetSpec& find_dataset(std::string_view name, std::string_view advice) {
  if (const DatasetSpec* const spec = known_dataset(name)) return *spec;
  std::vector<std::string> names;
  for (const DatasetSpec& spec : published_datasets()) {
    names.push_back(spec.name);
    names.insert(names.end(), spec.aliases.begin(), spec.aliases.end());
  }
  fail(ErrorCode::invalid_argument, "no data set '", text::printable(name), "'",
       did_you_mean(name, names), "; there are ", listed(published_datasets(), &DatasetSpec::name),
       advice);
}

std::string download_advice(const DatasetSpec& spec, const fs::path& root) {
  const fs::path folder = spec.unpack.empty() ? root : root / spec.unpack;
  return "download " + spec.download + " into " + folder.string();
}

DatasetSpec split_of(const DatasetSpec& spec, Split split) {
  DatasetSpec out = spec;
  if (split == Split::validation) return out;
  for (std::string* path :
       {&out.panoptic_json, &out.panoptic_pngs, &out.instances_json, &out.cityscapes_truth}) {
    to_training(*path);
  }
  if (out.download.starts_with("val2017")) to_training(out.download);
  for (std::string& folder : out.pictures) to_training(folder);
  // Clang 14 cannot read the standard library's std::ranges::unique.
  out.pictures.erase(std::unique(out.pictures.begin(), out.pictures.end()), out.pictures.end());
  for (LabelForm& form : out.labels) to_training(form.folder);
  if (!out.prepare.empty()) out.prepare += " --split train";
  return out;
}

SplitFiles files_of(const DatasetSpec& spec, const fs::path& root) {
  SplitFiles files;
  for (const std::string& folder : spec.pictures) files.pictures.push_back(root / folder);
  files.picture_suffixes = spec.picture_suffixes;
  files.panoptic_json = below(root, spec.panoptic_json);
  files.panoptic_pngs = below(root, spec.panoptic_pngs);
  if (!spec.panoptic_suffix.empty()) files.panoptic_suffix = spec.panoptic_suffix;
  files.instances_json = below(root, spec.instances_json);
  files.ignore_label = spec.ignore_label;
  files.advice = " (" + download_advice(spec, root);
  if (!spec.prepare.empty()) {
    files.advice += ", then run: fcclip prepare " + spec.prepare + " --root " + root.string();
  }
  files.advice += ")";
  // Labels are implied by the panoptic truth: their own files are used when there, not demanded.
  if (const LabelForm* form = present_form(spec, root); form != nullptr) {
    if (files.panoptic_json.empty() || holds_file(root / form->folder, form->suffixes)) {
      files.labels = root / form->folder;
      files.label_suffixes = form->suffixes;
      files.coding = form->coding;
    }
  }
  return files;
}

std::unique_ptr<DatasetSplit> open_split(const DatasetSpec& spec, const fs::path& root) {
  return std::make_unique<DatasetSplit>(files_of(spec, root),
                                        classify::builtin_vocabulary(spec.vocabulary));
}

fs::path datasets_root(const std::string& given) {
  if (!given.empty()) return given;
  for (const char* variable : {"FCCLIP_DATASETS", "DETECTRON2_DATASETS"}) {
    if (const auto set = environment_text(variable)) return *set;
  }
  return "datasets";
}

}  // namespace fcclip::data
