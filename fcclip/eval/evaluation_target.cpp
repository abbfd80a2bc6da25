#include "fcclip/eval/evaluation_target.h"

#include <algorithm>
#include <set>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/data/coco_layout.h"
#include "fcclip/data/registry.h"
#include "fcclip/eval/cityscapes_answer.h"
#include "fcclip/text/printable.h"

namespace fcclip::eval {
namespace {

namespace fs = std::filesystem;

// Its own metrics need the PNGs from which the panoptic files were made.
void ask_for_cityscapes(EvaluationTarget& target, const fs::path& folder) {
  try {
    const CityscapesTruthFolder truth(folder, target.split->vocabulary());
    target.options.cityscapes_truth = folder;
  } catch (const Error& error) {
    target.remarks.push_back(std::string(error.what()) +
                             "; Cityscapes' own AP, IoU and iIoU are left out");
  }
}

std::string own_title(const OwnData& own) {
  fs::path truth = own.label_pngs;
  if (!own.instances_json.empty()) truth = own.instances_json;
  if (!own.panoptic_json.empty()) truth = own.panoptic_json;
  truth = fs::absolute(truth).lexically_normal();
  if (truth.filename().empty()) truth = truth.parent_path();
  static const std::set<std::string> kSayNothing = {
      "panoptic", "instances", "annotations", "_annotations.coco", "labels", "masks",
      "truth",    "gt",        "coco",        "instances_default"};
  while (kSayNothing.contains(truth.stem().string()) && truth.has_parent_path() &&
         truth.parent_path() != truth.root_path()) {
    truth = truth.parent_path();
  }
  return truth.stem().string();
}

bool is_measured(const EvaluateOptions& options, SummaryTable table) {
  if (table == &RunSummary::panoptic) return options.panoptic;
  if (table == &RunSummary::masks || table == &RunSummary::boxes) return options.instances;
  if (table == &RunSummary::semantic) return options.semantic;
  const bool is_asked =
      table == &RunSummary::cityscapes_instances ? options.instances : options.semantic;
  return is_asked && !options.cityscapes_truth.empty();
}

std::string tasks_of(const EvaluateOptions& options) {
  std::vector<std::string> names;
  if (options.panoptic) names.emplace_back("panoptic");
  if (options.instances) names.emplace_back("instance");
  if (options.semantic) names.emplace_back("semantic");
  return listed(names);
}

// An evaluator refuses it too, without the name.
void need_truths(const EvaluationTarget& target) {
  const EvaluateOptions& options = target.options;
  const data::DatasetSplit& truth = *target.split;
  const char* lacking = nullptr;
  if (options.panoptic && !truth.has_panoptic()) lacking = "panoptic truth";
  if (options.instances && !truth.has_instances() && !truth.has_panoptic()) {
    lacking = "instance truth";
  }
  if (options.semantic && !truth.has_labels()) lacking = "label maps";
  if (lacking) fail(ErrorCode::invalid_argument, target.name, " has no ", lacking);
}

}  // namespace

EvaluationTarget open_target(const std::string& name, const fs::path& root,
                             std::string_view advice) {
  const data::DatasetSpec& spec = data::find_dataset(name, advice);
  EvaluationTarget target{spec.name, spec.name, data::open_split(spec, root), {}, true, {}, {}, {}};
  target.options.size = {spec.short_side, spec.max_side};
  target.options.resized_late = spec.resized_late;
  target.detections = spec.detections;
  target.has_instances = spec.scores_instances;
  if (!spec.cityscapes_truth.empty()) ask_for_cityscapes(target, root / spec.cityscapes_truth);
  return target;
}

EvaluationTarget open_target(const OwnData& own) {
  data::SplitFiles files;
  files.pictures = {own.images};
  files.panoptic_json = own.panoptic_json;
  files.panoptic_pngs = own.panoptic_pngs;
  if (!own.panoptic_json.empty() && own.panoptic_pngs.empty()) {
    files.panoptic_pngs = data::panoptic_png_folder(own.panoptic_json);
  }
  files.instances_json = own.instances_json;
  files.labels = own.label_pngs;
  files.ignore_label = own.ignore_label;
  if (!own.picture_suffix.empty()) files.picture_suffixes = {own.picture_suffix};
  if (!own.label_suffix.empty()) files.label_suffixes = {own.label_suffix};
  files.panoptic_suffix = own.panoptic_suffix;
  files.may_lack_pictures = own.may_lack_pictures;
  return {"own", own_title(own), std::make_unique<data::DatasetSplit>(files, own.vocabulary), {}};
}

void choose_tasks(EvaluationTarget& target, const std::vector<std::string>& tasks) {
  const data::DatasetSplit& truth = *target.split;
  const auto wants = [&](std::string_view task) {
    return std::find(tasks.begin(), tasks.end(), task) != tasks.end();
  };
  EvaluateOptions& options = target.options;
  const bool all = tasks.empty();
  if (all && options.views == segmenter::Views::multiscale) {
    choose_tasks(target, {"semantic"});
    return;
  }
  options.panoptic = all ? truth.has_panoptic() : wants("panoptic");
  options.semantic = all ? truth.has_labels() : wants("semantic");
  // Label-only data have no AP.
  options.instances = all ? (truth.has_instances() || truth.has_panoptic()) && target.has_instances
                          : wants("instance");
  need_truths(target);
}

void check_expectations(const std::vector<Expectation>& expected,
                        std::span<const EvaluationTarget> targets) {
  for (const Expectation& one : expected) {
    bool is_evaluated = false;
    for (const EvaluationTarget& target : targets) {
      if (!one.is_about(target.name)) continue;
      is_evaluated = true;
      if (is_measured(target.options, table_of(one.metric))) continue;
      fail(ErrorCode::invalid_argument, "expected figure ", text::printable(one.metric), ": ",
           target.name, " is not measured by it, its tasks are ", tasks_of(target.options),
           targets.size() > 1 ? "; name the data set that it is for before a colon" : "");
    }
    if (is_evaluated) continue;
    fail(ErrorCode::invalid_argument, "expected figure ", text::printable(one.data_set), ":",
         text::printable(one.metric), ": that data set is not evaluated, only ",
         listed(targets, &EvaluationTarget::name));
  }
}

}  // namespace fcclip::eval
