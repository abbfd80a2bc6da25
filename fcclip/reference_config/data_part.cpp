// What a configuration says of a training's pictures, and of its evaluation.

#include <algorithm>
#include <optional>
#include <sstream>

#include "fcclip/core/listed.h"
#include "fcclip/reference_config/training_settings.h"

namespace fcclip::reference_config {
namespace {

/// A data set that the reference registers, by the name that `fcclip eval` knows.
struct NamedSet {
  std::string_view begin, name, kind;
};

/// Longer beginnings first.
constexpr NamedSet kSets[] = {{"coco_2017_*_stuff", "coco_stuff", "semantic"},
                              {"coco_2017_*_panoptic", "coco_panoptic", "panoptic"},
                              {"coco_2017_*", "coco_panoptic", "instance"},
                              {"ade20k_full_sem_seg_*", "ade20k_847", "semantic"},
                              {"ade20k_instance_*", "ade20k_150", "instance"},
                              {"ade20k_panoptic_*", "ade20k_150", "panoptic"},
                              {"ade20k_sem_seg_*", "ade20k_150", "semantic"},
                              {"cityscapes_fine_panoptic_*", "cityscapes", "panoptic"},
                              {"cityscapes_fine_sem_seg_*", "cityscapes", "semantic"},
                              {"mapillary_vistas_panoptic_*", "mapillary_vistas", "panoptic"},
                              {"mapillary_vistas_sem_seg_*", "mapillary_vistas", "semantic"},
                              {"pascal_ctx59_sem_seg_*", "pascal_context_59", "semantic"},
                              {"pascal_ctx459_sem_seg_*", "pascal_context_459", "semantic"},
                              {"pascal20_sem_seg_*", "voc20", "semantic"},
                              {"pascal21_sem_seg_*", "voc21", "semantic"},
                              {"lvis_v1_*", "lvis", "instance"}};

std::optional<NamedSet> named_set(std::string_view name, std::string_view split) {
  if (constexpr std::string_view kOurs = "openvocab_"; name.starts_with(kOurs)) {
    name.remove_prefix(kOurs.size());
  }
  for (const NamedSet& set : kSets) {
    std::string begin(set.begin);
    begin.replace(begin.find('*'), 1, split);
    if (name.starts_with(begin)) return set;
  }
  return std::nullopt;
}

/// A mapper of the reference.
struct NamedMapper {
  std::string_view name, mapper, kind;
  bool keeps_empty;  ///< segments that a crop left without pixels
};
constexpr NamedMapper kMappers[] = {{"coco_panoptic_lsj", "lsj", "panoptic", true},
                                    {"coco_instance_lsj", "lsj", "instance", false},
                                    {"mask_former_panoptic", "short_edge", "panoptic", true},
                                    {"mask_former_instance", "short_edge", "instance", true},
                                    {"mask_former_semantic", "short_edge", "semantic", false}};

void set_jitter(TrainingSettings& s) {
  constexpr std::string_view kFlip = "INPUT.RANDOM_FLIP";
  s.whole("augment.crop_size", "INPUT.IMAGE_SIZE", 32);
  s.number("augment.min_scale", "INPUT.MIN_SCALE");
  s.number("augment.max_scale", "INPUT.MAX_SCALE");
  const std::string& flip = s.keys.text(kFlip);
  s.require(flip == "horizontal" || flip == "none", kFlip, "horizontal and none");
  s.set("augment.flip", flip == "horizontal");
}

void set_short_edge(TrainingSettings& s, std::string_view kind) {
  const Keys& keys = s.keys;
  constexpr std::string_view kSides = "INPUT.MIN_SIZE_TRAIN", kCrop = "INPUT.CROP.TYPE",
                             kSampling = "INPUT.MIN_SIZE_TRAIN_SAMPLING";
  std::vector<int64_t> sides;
  for (const double side : keys.numbers(kSides)) sides.push_back(static_cast<int64_t>(side));
  const std::string& sampling = keys.text(kSampling);
  s.require(sampling == "choice" || sampling == "range", kSampling, "choice and range");
  if (sampling == "range" && sides.size() == 1) sides.push_back(sides.front());
  s.set("augment.short_sides", sides);
  s.set("augment.short_side_sampling", sampling);
  s.whole("augment.max_side", "INPUT.MAX_SIZE_TRAIN", 1);
  const bool crops = keys.flag("INPUT.CROP.ENABLED");
  s.set("augment.crop", crops ? keys.text(kCrop) : "none");
  if (crops) {
    s.set("augment.crop_shape", keys.numbers("INPUT.CROP.SIZE"));
    // The instance mapper cuts without a look at classes.
    if (kind != "instance")
      s.number("augment.crop_max_share", "INPUT.CROP.SINGLE_CATEGORY_MAX_AREA");
  }
  s.set("augment.colours", keys.flag("INPUT.COLOR_AUG_SSD"));
  s.set("augment.flip", true);  // whatever INPUT.RANDOM_FLIP says
  s.set("augment.pad_to", std::max<int64_t>(0, keys.whole("INPUT.SIZE_DIVISIBILITY")));
}

nlohmann::ordered_json sampler_of(const TrainingSettings& s) {
  constexpr std::string_view kSampler = "DATALOADER.SAMPLER_TRAIN";
  const std::string& sampler = s.keys.text(kSampler);
  const bool repeats = sampler == "RepeatFactorTrainingSampler";
  s.require(repeats || sampler == "TrainingSampler", kSampler,
            "TrainingSampler and RepeatFactorTrainingSampler");
  if (!repeats) return nlohmann::ordered_json::object();
  return {{"sampler", "repeat_factor"},
          {"repeat_threshold", s.keys.number("DATALOADER.REPEAT_THRESHOLD")},
          {"repeat_root", s.keys.flag("DATALOADER.REPEAT_SQRT")}};
}

std::string inline_table(const nlohmann::ordered_json& values) {
  std::string text;
  for (const auto& [key, value] : values.items()) {
    text += (text.empty() ? "{" : ", ") + key + " = " + value.dump();
  }
  return text + "}";
}

void set_sets(TrainingSettings& s, std::string_view kind, std::vector<std::string>& notes) {
  constexpr std::string_view kTrain = "DATASETS.TRAIN";
  const nlohmann::ordered_json sampler = sampler_of(s);
  std::vector<nlohmann::ordered_json> sets;
  std::vector<std::string> unknown;
  for (const std::string& name : s.keys.texts(kTrain)) {
    const auto set = named_set(name, "train");
    if (!set) unknown.push_back(name);
    if (!set) continue;
    sets.push_back({{"name", set->name}, {"kind", kind}});
    sets.back().update(sampler);
  }
  if (!unknown.empty() || sets.empty()) {
    notes.push_back(s.keys.where(kTrain) + ": " +
                    (unknown.empty() ? "no data set" : text::printable(listed(unknown))) +
                    " is unknown: name its files by --set data.images=… and its neighbours; until "
                    "then data is " +
                    (sets.empty() ? "COCO's train2017" : "the rest"));
  }
  // Several are one after the other for detectron2: by their numbers of pictures.
  if (sets.size() > 1) {
    std::string list;
    for (const auto& set : sets) list += (list.empty() ? "[" : ", ") + inline_table(set);
    s.set_toml("data.sets", list + "]");
    return;
  }
  for (const auto& [key, value] : (sets.empty() ? sampler : sets.front()).items()) {
    s.set("data." + key, value);
  }
  if (sets.empty()) s.set("data.kind", kind);
  if (sets.empty() && kind == "instance") s.set("data.vocabulary", "coco_instance");
}

/// "PQ=30+-0.5" of {"panoptic_seg", "PQ", 30, 0.5}.
std::string expectation(const TrainingSettings& s, const std::vector<std::string>& row) {
  constexpr std::string_view kKey = "TEST.EXPECTED_RESULTS";
  static constexpr std::pair<std::string_view, std::string_view> kTasks[] = {
      {"panoptic_seg", ""}, {"segm", ""}, {"sem_seg", ""}, {"bbox", "box_"}};
  if (row.size() == 4) {
    for (const auto& [task, prefix] : kTasks) {
      if (row[0] == task) return std::string(prefix) + row[1] + "=" + row[2] + "+-" + row[3];
    }
  }
  fail(ErrorCode::unsupported, s.keys.where(kKey), " has ", text::printable(listed(row)),
       "; expected panoptic_seg, segm, bbox or sem_seg, a metric, its value and the tolerance");
}

}  // namespace

void set_data(TrainingSettings& s, std::vector<std::string>& notes) {
  constexpr std::string_view kMapper = "INPUT.DATASET_MAPPER_NAME";
  const std::string& name = s.keys.text(kMapper);
  const auto* const mapper = std::ranges::find(kMappers, name, &NamedMapper::name);
  s.require(mapper != std::end(kMappers), kMapper,
            "coco_panoptic_lsj, coco_instance_lsj, mask_former_panoptic, mask_former_instance and "
            "mask_former_semantic");
  s.set("augment.mapper", mapper->mapper);
  s.set("data.keep_empty", mapper->keeps_empty);
  s.whole("data.workers", "DATALOADER.NUM_WORKERS", 0);
  set_sets(s, mapper->kind, notes);
  if (mapper->mapper == "lsj") {
    set_jitter(s);
  } else {
    set_short_edge(s, mapper->kind);
  }
}

void set_evaluation(TrainingSettings& s, std::vector<std::string>& notes) {
  const Keys& keys = s.keys;
  constexpr std::string_view kTest = "DATASETS.TEST";
  std::string expected;
  for (const std::vector<std::string>& row : keys.rows("TEST.EXPECTED_RESULTS")) {
    expected += (expected.empty() ? "" : ",") + expectation(s, row);
  }
  // After the last step detectron2 evaluates whatever the period; here it does for figures alone.
  int64_t period = whole_in(keys, "TEST.EVAL_PERIOD", 0, kMostSteps);
  if (period == 0 && !expected.empty()) {
    period = whole_in(keys, "SOLVER.MAX_ITER", 1, kMostSteps);
  }
  const std::vector<std::string> test = keys.texts(kTest);
  const auto set = test.empty() ? std::nullopt : named_set(test.front(), "val");
  const bool evaluates = set && period > 0;
  s.set("evaluation.kind", evaluates ? set->kind : "");
  s.set("run.evaluate_every", period);
  if (evaluates) {
    s.set("evaluation.name", set->name);
    s.set("run.evaluate_pictures", 0);
  }
  s.set("run.expect", expected);
  if (period > 0 && (!set || test.size() > 1)) {
    notes.push_back(keys.where(kTest) + ": the run is evaluated on " +
                    (set ? text::printable(test.front()) + " alone" : "nothing") +
                    "; [evaluation] names one data set");
  }
}

}  // namespace fcclip::reference_config
