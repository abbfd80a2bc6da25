#include "apps/eval_flags.h"

#include <algorithm>
#include <set>

#include "apps/option_checks.h"
#include "apps/options_file.h"
#include "fcclip/core/error.h"
#include "fcclip/data/registry.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

bool wants(const EvalFlags& flags, std::string_view task) {
  return std::find(flags.tasks.begin(), flags.tasks.end(), task) != flags.tasks.end();
}

// What was asked for, or all that the truth allows; label-only data have no AP.
void set_tasks(const EvalFlags& flags, EvalTarget& target) {
  const data::DatasetSplit& truth = *target.split;
  eval::EvaluateOptions& options = target.options;
  const bool all = flags.tasks.empty();
  options.panoptic = all ? truth.has_panoptic() : wants(flags, "panoptic");
  options.semantic = all ? truth.has_labels() : wants(flags, "semantic");
  options.instances = all ? (truth.has_instances() || truth.has_panoptic()) && target.has_instances
                          : wants(flags, "instance");
}

EvalTarget open_named(const EvalFlags& flags, const std::string& name) {
  const data::DatasetSpec& spec = data::find_dataset(name);
  EvalTarget target{
      spec.name, spec.name, data::open_split(spec, data::datasets_root(flags.root)), {}};
  target.options.size = {spec.short_side, spec.max_side};
  target.options.resized_late = spec.resized_late;
  target.detections = spec.detections;
  target.has_instances = spec.scores_instances;
  return target;
}

// Data of one's own is called as its file, or as the folder where the file's name says nothing.
std::string own_title(const EvalFlags& flags) {
  fs::path truth = flags.label_pngs;
  if (!flags.instances_json.empty()) truth = flags.instances_json;
  if (!flags.panoptic_json.empty()) truth = flags.panoptic_json;
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

EvalTarget open_own(const EvalFlags& flags) {
  if (flags.images.empty()) {
    fail(ErrorCode::invalid_argument, "your own data set needs --images FOLDER");
  }
  data::SplitFiles files;
  files.pictures = {flags.images};
  files.panoptic_json = flags.panoptic_json;
  files.panoptic_pngs = flags.panoptic_pngs;
  if (!flags.panoptic_json.empty() && flags.panoptic_pngs.empty()) {
    const fs::path json = flags.panoptic_json;
    files.panoptic_pngs = json.parent_path() / json.stem();
  }
  files.instances_json = flags.instances_json;
  files.labels = flags.label_pngs;
  files.ignore_label = flags.ignore_label;
  classify::Vocabulary words;
  if (!flags.vocabulary.empty()) words = words::load_vocabulary(flags.vocabulary);
  return {"own", own_title(flags), std::make_unique<data::DatasetSplit>(files, words), {}};
}

void add_own_data_flags(CLI::App& command, EvalFlags& flags) {
  command.option_defaults()->group("Your own data");
  command.add_option("--images", flags.images, "Folder of the pictures")->type_name("FOLDER");
  command.add_option("--panoptic-json", flags.panoptic_json, "COCO panoptic file")
      ->type_name("FILE");
  command.add_option("--panoptic-pngs", flags.panoptic_pngs, "Its PNGs; default named as the JSON")
      ->type_name("FOLDER");
  command.add_option("--instances-json", flags.instances_json, "COCO instances file")
      ->type_name("FILE");
  command.add_option("--label-pngs", flags.label_pngs, "Label PNGs")->type_name("FOLDER");
  command.add_option("-v,--vocabulary", flags.vocabulary, "Its classes in label order")
      ->type_name("VOCABULARY");
  command.add_option("--ignore", flags.ignore_label, "Value of label PNGs that is not scored")
      ->capture_default_str();
}

}  // namespace

void add_eval_flags(CLI::App& command, EvalFlags& flags) {
  command
      .add_option("datasets", flags.datasets,
                  "Names: coco_panoptic, ade20k_150, ade20k_847, cityscapes, mapillary_vistas, "
                  "pascal_context_59, pascal_context_459, voc20, voc21, coco_stuff, lvis")
      ->type_name("DATASET");
  command.option_defaults()->group("What is evaluated");
  add_options_file(command, flags.config);
  command
      .add_option("--root", flags.root,
                  "Folder of the data sets; default $FCCLIP_DATASETS or ./datasets")
      ->type_name("FOLDER");
  command
      .add_option("-t,--task", flags.tasks,
                  "panoptic, instance, semantic, or several at commas; default all it has")
      ->type_name("TASK")
      ->transform(task_name())
      ->delimiter(',');
  command
      .add_option("--classifier", flags.classifier,
                  "Which answers: in-vocabulary (in), CLIP's (out), their ensemble, or all three")
      ->type_name("WHICH")
      ->capture_default_str()
      ->check(one_of({"ensemble", "in", "out", "all"}));
  command
      .add_option("--oracle", flags.oracle,
                  "Take masks or names from the truth: none, masks, names")
      ->type_name("WHAT")
      ->capture_default_str()
      ->check(one_of({"none", "masks", "names"}));
  command.add_option("--limit", flags.limit, "Only the first NUMBER pictures; default all")
      ->check(whole_number(1));
  add_own_data_flags(command, flags);
  add_size_flags(command, flags.short_side, flags.max_side, "the published one");
  command.option_defaults()->group("Output");
  command.add_option("-o,--output", flags.output, "Folder for scores, records and predictions")
      ->type_name("FOLDER")
      ->capture_default_str();
  command.add_flag("--resume", flags.resume, "Continue an interrupted run");
  command.add_flag("--overwrite", flags.overwrite, "Replace the evaluation in the folder");
  command.add_flag("--merge", flags.merge, "Only sum up the records of all shards");
  command.add_flag("--no-predictions", flags.no_predictions, "Write no predictions");
  command.add_flag("--json", flags.json, "All numbers as JSON on standard output");
  add_model_flags(command, flags.model);
  command.footer(
      "Examples:\n"
      "  fcclip eval ade20k_150 --classifier all --root /data\n"
      "  fcclip eval --panoptic-json own.json --images pictures/ -o scores");
}

std::vector<EvalTarget> open_targets(const EvalFlags& flags) {
  std::vector<EvalTarget> targets;
  for (const std::string& name : flags.datasets) targets.push_back(open_named(flags, name));
  const bool own =
      !flags.panoptic_json.empty() || !flags.instances_json.empty() || !flags.label_pngs.empty();
  if (own) targets.push_back(open_own(flags));
  if (targets.empty()) {
    fail(ErrorCode::invalid_argument,
         "nothing to evaluate on: name a data set, or give --panoptic-json, --instances-json or "
         "--label-pngs with --images");
  }
  for (EvalTarget& target : targets) {
    set_tasks(flags, target);
    if (flags.short_side > 0) target.options.size.short_side = flags.short_side;
    if (flags.max_side > 0) target.options.size.max_side = flags.max_side;
    if (flags.oracle == "masks") target.options.oracle = eval::Oracle::masks;
    if (flags.oracle == "names") target.options.oracle = eval::Oracle::names;
  }
  return targets;
}

}  // namespace fcclip::apps
