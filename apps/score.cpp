// fcclip score: saved predictions of any system against the truth, without a model.

#include <iostream>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/score_kinds.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/eval/score_tables.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

// Once, and not among the numbers.
void print_remarks(const std::vector<std::string>& remarks) {
  for (const std::string& line : remarks) std::cerr << line << '\n';
}

void score_panoptic(const ScoreFlags& flags) {
  const eval::PanopticScore score =
      eval::score_panoptic({flags.truth, flags.prediction, flags.truth_pngs, flags.prediction_pngs},
                           cli::bar_until_stopped("scoring", "images"));
  print_remarks(score.remarks);
  std::cout << (flags.json ? outputs::json_text(eval::to_json(score)) : eval::score_table(score));
}

void score_instances(const ScoreFlags& flags) {
  const eval::InstanceScore score =
      eval::score_instances({flags.truth, flags.prediction, flags.truth_pngs},
                            cli::bar_until_stopped("scoring", "images"));
  print_remarks(score.remarks);
  std::cout << (flags.json ? outputs::json_text(eval::to_json(score)) : eval::score_table(score));
}

}  // namespace

CLI::App* add_score_kind(CLI::App& score, ScoreFlags& flags, const char* name, const char* help) {
  CLI::App* kind = score.add_subcommand(name, help);
  kind->group("Kinds");
  kind->add_option("truth", flags.truth, "The truth")->required()->type_name("TRUTH");
  kind->add_option("prediction", flags.prediction, "What is scored")
      ->required()
      ->type_name("PREDICTION");
  kind->add_flag("--json", flags.json, "All numbers as JSON");
  return kind;
}

void add_score(CLI::App& app) {
  auto flags = std::make_shared<ScoreFlags>();
  CLI::App* score = app.add_subcommand("score", "Score saved predictions of any system");
  score->require_subcommand(1);
  CLI::App* panoptic =
      add_score_kind(*score, *flags, "panoptic", "COCO panoptic JSON files with their PNG folders");
  panoptic->add_option("--truth-pngs", flags->truth_pngs, "Its PNGs; default named as the JSON")
      ->type_name("FOLDER");
  panoptic
      ->add_option("--prediction-pngs", flags->prediction_pngs,
                   "Its PNGs; default named as the JSON")
      ->type_name("FOLDER");
  panoptic->footer(
      "Example:\n"
      "  fcclip score panoptic truth.json prediction.json");
  panoptic->callback([flags] { score_panoptic(*flags); });
  CLI::App* instances =
      add_score_kind(*score, *flags, "instance", "COCO instances JSON and results JSON");
  instances->alias("instances");
  instances
      ->add_option("--truth-pngs", flags->truth_pngs,
                   "PNGs of a panoptic truth, whose things are scored")
      ->type_name("FOLDER");
  instances->footer(
      "Example:\n"
      "  fcclip score instance truth.json results.json");
  instances->callback([flags] { score_instances(*flags); });
  add_score_semantic(*score);
  add_score_cityscapes(*score);
  add_score_video(*score);
}

}  // namespace fcclip::apps
