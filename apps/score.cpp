// fcclip score: saved predictions of any system against the truth, without a model.

#include <cmath>
#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/score_kinds.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/eval/score_json.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

// Once, and not among the numbers.
void print_remarks(const std::vector<std::string>& remarks) {
  for (const std::string& line : remarks) std::cerr << line << '\n';
}

void print_panoptic(const nlohmann::json& scores) {
  std::printf("%-24s  %6s  %6s  %6s  %6s\n", "", "PQ", "SQ", "RQ", "n");
  for (const char* group : {"All", "Things", "Stuff"}) {
    const nlohmann::json& row = scores[group];
    const std::string count = "  " + std::to_string(row["n"].get<int64_t>());
    print_score_row(group,
                    {100 * row["pq"].get<double>(), 100 * row["sq"].get<double>(),
                     100 * row["rq"].get<double>()},
                    count.c_str());
  }
}

void score_panoptic(const ScoreFlags& flags) {
  eval::PanopticScore score;
  {
    score = eval::score_panoptic(
        {flags.truth, flags.prediction, flags.truth_pngs, flags.prediction_pngs},
        cli::bar_until_stopped("scoring", "images"));
  }
  print_remarks(score.remarks);
  const nlohmann::json scores = eval::to_json(score);
  if (flags.json) {
    std::cout << outputs::json_text(scores);
    return;
  }
  print_panoptic(scores);
  for (size_t k = 0; k < score.categories.size(); ++k) {
    const eval::MatchCounts counts = score.quality.counts(static_cast<int64_t>(k));
    if (counts.empty()) continue;
    const eval::Quality quality = eval::quality_of(counts);
    print_score_row(score.categories[k].name.c_str(),
                    {100 * quality.pq, 100 * quality.sq, 100 * quality.rq});
  }
}

void score_instances(const ScoreFlags& flags) {
  eval::InstanceScore score;
  {
    score = eval::score_instances({flags.truth, flags.prediction, flags.truth_pngs},
                                  cli::bar_until_stopped("scoring", "images"));
  }
  print_remarks(score.remarks);
  const nlohmann::json scores = eval::to_json(score);
  if (flags.json) {
    std::cout << outputs::json_text(scores);
    return;
  }
  std::printf("%-24s  %6s  %6s  %6s  %6s  %6s  %6s\n", "", "AP", "AP50", "AP75", "APs", "APm",
              "APl");
  for (const auto* ap : {&score.masks, &score.boxes}) {
    if (ap == &score.masks && !score.has_masks) continue;
    const eval::ApSummary s = ap->summary();
    const auto percent = [](double value) { return value < 0 ? value : 100 * value; };
    print_score_row(ap == &score.masks ? "masks" : "boxes",
                    {percent(s.ap), percent(s.ap50), percent(s.ap75), percent(s.ap_small),
                     percent(s.ap_medium), percent(s.ap_large)});
  }
}

}  // namespace

void print_score_row(const char* name, std::initializer_list<double> values, const char* tail) {
  std::printf("%-24s", name);
  for (const double value : values) {
    if (std::isnan(value) || value < 0) {
      std::printf("       -");
    } else {
      std::printf("  %6.2f", value);
    }
  }
  std::printf("%s\n", tail);
}

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
