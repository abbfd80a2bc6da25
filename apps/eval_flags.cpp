#include "apps/eval_flags.h"

#include "apps/option_checks.h"
#include "apps/options_file.h"
#include "apps/shard_flag.h"
#include "fcclip/core/choice.h"
#include "fcclip/core/error.h"
#include "fcclip/data/registry.h"
#include "fcclip/words/load_vocabulary.h"

namespace fcclip::apps {
namespace {

const Choices<eval::Oracle> kOracles = {
    {"none", eval::Oracle::none}, {"masks", eval::Oracle::masks}, {"names", eval::Oracle::names}};

}  // namespace

eval::EvaluationTarget open_own(const EvalFlags& flags) {
  if (flags.own.images.empty()) {
    fail(ErrorCode::invalid_argument, "your own data set needs --images FOLDER");
  }
  eval::OwnData own = flags.own;
  if (!flags.vocabulary.empty()) own.vocabulary = words::load_vocabulary(flags.vocabulary);
  return eval::open_target(own);
}

void add_own_data_flags(CLI::App& command, EvalFlags& flags) {
  command.option_defaults()->group("Your own data");
  command.add_option("--images", flags.own.images, "Folder of the pictures")->type_name("FOLDER");
  command.add_option("--panoptic-json", flags.own.panoptic_json, "COCO panoptic file")
      ->type_name("FILE");
  command
      .add_option("--panoptic-pngs", flags.own.panoptic_pngs, "Its PNGs; default named as the JSON")
      ->type_name("FOLDER");
  command.add_option("--instances-json", flags.own.instances_json, "COCO instances file")
      ->type_name("FILE");
  command.add_option("--label-pngs", flags.own.label_pngs, "Label PNGs")->type_name("FOLDER");
  command.add_option("-v,--vocabulary", flags.vocabulary, "Its classes in label order")
      ->type_name("VOCABULARY");
  command.add_option("--ignore", flags.own.ignore_label, "Value of label PNGs that is not scored")
      ->capture_default_str();
}

namespace {

void add_result_flags(CLI::App& command, EvalFlags& flags) {
  command.option_defaults()->group("Output");
  command.add_option("-o,--output", flags.output, "Folder for scores, records and predictions")
      ->type_name("FOLDER")
      ->capture_default_str();
  command.add_flag("--resume", flags.resume, "Continue an interrupted run");
  command.add_flag("--overwrite", flags.overwrite, "Replace the evaluation in the folder");
  command.add_flag("--merge", flags.merge, "Only sum up the records of all shards");
  command.add_flag("--no-predictions", flags.no_predictions, "Write no predictions");
  command
      .add_option("--expect", flags.expect,
                  "Figures that must be reached, PQ>=20,mIoU>=30 or ade20k_150:PQ=26.8+-0.1; else "
                  "the exit status is 1")
      ->type_name("FIGURES");
  command.add_flag("--json", flags.json, "All numbers as JSON on standard output");
}

void add_share_flags(CLI::App& command, EvalFlags& flags) {
  command.add_option("--limit", flags.limit, "Only the first NUMBER pictures; default all")
      ->check(whole_number(1));
  add_shard_flag(command, flags.shard);
}

}  // namespace

void add_eval_flags(CLI::App& command, EvalFlags& flags) {
  command
      .add_option("datasets", flags.datasets,
                  "Names: coco_panoptic, ade20k_150, ade20k_847, cityscapes, mapillary_vistas, "
                  "pascal_context_59, pascal_context_459, voc20, voc21, coco_stuff, lvis")
      ->type_name("DATASET");
  command.option_defaults()->group("What is evaluated");
  cli::add_options_file(command, flags.config);
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
      ->check(one_of(names_of(kOracles)));
  add_head_option_flag(command, flags.head);
  add_share_flags(command, flags);
  add_own_data_flags(command, flags);
  add_size_flags(command, flags.short_side, flags.max_side, "the published one");
  add_inference_flags(command, flags.ask);
  add_views_flag(command, flags.views);
  add_result_flags(command, flags);
  add_models_flags(command, flags.model);
  command.footer(
      "Examples:\n"
      "  fcclip eval ade20k_150 --classifier all --root /data\n"
      "  fcclip eval ade20k_150 --alpha 0.2:0.6:0.1 --beta 0.6,0.7,0.8 --root /data\n"
      "  fcclip eval --panoptic-json own.json --images pictures/ -o scores");
}

std::vector<eval::SettingValues> settings_of(const SweepFlags& flags) {
  std::vector<eval::SettingValues> settings;
  const auto add = [&settings](eval::Setting setting, const std::vector<double>& values) {
    if (!values.empty()) settings.push_back({setting, values});
  };
  add(eval::Setting::alpha, flags.alpha);
  add(eval::Setting::beta, flags.beta);
  add(eval::Setting::object_mask_threshold, flags.object_mask_threshold);
  add(eval::Setting::overlap_threshold, flags.overlap_threshold);
  return settings;
}

std::vector<eval::EvaluationTarget> open_targets(const EvalFlags& flags) {
  std::vector<eval::EvaluationTarget> targets;
  for (const std::string& name : flags.datasets) {
    targets.push_back(eval::open_target(name, data::datasets_root(flags.root), kOwnDataAdvice));
  }
  if (flags.own.has_truth()) targets.push_back(open_own(flags));
  if (targets.empty()) {
    fail(ErrorCode::invalid_argument,
         "nothing to evaluate on: name a data set, or give --panoptic-json, --instances-json or "
         "--label-pngs with --images");
  }
  for (eval::EvaluationTarget& target : targets) {
    target.options.views = segmenter::views_named(flags.views).value();
    eval::choose_tasks(target, flags.tasks);
    target.asked_size = {flags.short_side, flags.max_side};
    if (flags.short_side > 0) target.options.size.short_side = flags.short_side;
    if (flags.max_side > 0) target.options.size.max_side = flags.max_side;
    target.options.oracle = choose(flags.oracle, "--oracle", kOracles);
  }
  return targets;
}

}  // namespace fcclip::apps
