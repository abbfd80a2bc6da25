// fcclip score video: films against their truth.

#include "fcclip/eval/score_video.h"

#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "apps/score_kinds.h"
#include "fcclip/cli/number_list.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/eval/score_tables.h"
#include "fcclip/outputs/json_text.h"

namespace fcclip::apps {
namespace {

struct VideoScoreFlags {
  ScoreFlags files;
  std::string windows = "1,5,10,15";
};

std::vector<int64_t> windows_of(const VideoScoreFlags& flags) {
  std::vector<int64_t> windows;
  for (const double one : cli::listed_numbers(flags.windows)) {
    windows.push_back(static_cast<int64_t>(one));
  }
  return windows;
}

void score_films(const VideoScoreFlags& flags) {
  const eval::VideoScore score =
      eval::score_video({flags.files.truth, flags.files.prediction, flags.files.truth_pngs,
                         flags.files.prediction_pngs},
                        windows_of(flags), cli::bar_until_stopped("scoring", "films"));
  std::cout << (flags.files.json ? outputs::json_text(eval::to_json(score))
                                 : eval::score_table(score));
}

}  // namespace

void add_score_video(CLI::App& score) {
  auto flags = std::make_shared<VideoScoreFlags>();
  CLI::App* kind = add_score_kind(score, flags->files, "video",
                                  "Panoptic files of films with their PNG folders");
  kind->add_option("--truth-pngs", flags->files.truth_pngs,
                   "Its PNGs, a folder a film; default named as the JSON")
      ->type_name("FOLDER");
  kind->add_option("--prediction-pngs", flags->files.prediction_pngs,
                   "Its PNGs, a folder a film; default named as the JSON")
      ->type_name("FOLDER");
  kind->add_option("--windows", flags->windows, "Frames of VPQ's tubes")
      ->type_name("NUMBERS")
      ->check(cli::number_list(1, 1000000))
      ->capture_default_str();
  kind->footer(
      "Example:\n"
      "  fcclip score video truth/panoptic.json prediction/panoptic.json");
  kind->callback([flags] { score_films(*flags); });
}

}  // namespace fcclip::apps
