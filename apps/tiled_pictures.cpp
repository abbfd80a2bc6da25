#include "apps/tiled_pictures.h"

#include <iostream>

#include <nlohmann/json.hpp>

#include "fcclip/cli/failure.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/cli/terminal_width.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/duration.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/segment_table.h"
#include "fcclip/outputs/segments_json.h"
#include "fcclip/runs/run_text.h"
#include "fcclip/tiles/tiled_run.h"

namespace fcclip::apps {
namespace {

class TiledReporter final : public tiles::TiledListener {
 public:
  TiledReporter(const runs::SegmentPlan& plan, const tiles::TileOptions& tiles,
                const TiledTelling& telling)
      : plan_(plan),
        tiles_(tiles),
        telling_(telling),
        writes_(!tiles::tiled_output_kinds(plan.write, false).empty()) {}

  Progress counting(const std::string& what, const std::string& unit) override {
    return cli::bar_until_stopped(what, unit);
  }

  void answered(const tiles::WindowsAnswer& answer) override {
    if (telling_.json)
      std::cout << outputs::json_line(line_of(answer)) << std::endl;
    else if (!telling_.quiet)
      outputs::write_table(std::cout, title_of(answer), answer.done.answers[answer.question],
                           cli::terminal_width());
    if (telling_.json || !writes_ || cli::standard_output_closed()) cli::check_standard_output();
  }

  void failed(const std::string& line) override { std::cerr << "fcclip: " << line << '\n'; }

  void warned(const std::string& message) override {
    std::cerr << "fcclip: warning: " << cli::visible_text(message) << '\n';
  }

  std::string failure_line(const std::exception& error,
                           const runs::InputPicture& picture) const override {
    return cli::failure_line(error, picture.shown());
  }

 private:
  nlohmann::json line_of(const tiles::WindowsAnswer& answer) const {
    nlohmann::json line = outputs::to_json(answer.done.answers[answer.question]);
    line["task"] = results::task_name(plan_.settings.ask.task);
    line["image"] = answer.picture.shown();
    line["question"] = answer.question + 1;
    line["seconds"] = answer.seconds;
    line["windows"] = {{"tile", tiles_.tile},
                       {"overlap", tiles_.overlap},
                       {"count", answer.done.windows},
                       {"empty", answer.done.empty}};
    for (const auto& path : answer.done.files[answer.question])
      line["files"].push_back(path.string());
    return line;
  }

  std::string title_of(const tiles::WindowsAnswer& answer) const {
    const tiles::WindowsDone& done = answer.done;
    const std::string title =
        runs::picture_line(cli::visible_text(answer.picture.shown()),
                           done.answers[answer.question]) +
        ", " + counted(done.windows, "window", "windows") + " of " + std::to_string(tiles_.tile) +
        " (overlap " + std::to_string(tiles_.overlap) + "), overview " +
        std::to_string(done.overview.width) + "x" + std::to_string(done.overview.height) + " (" +
        duration_text(answer.seconds) + ")";
    if (done.files[answer.question].empty()) return title;
    return title + " -> " + cli::visible_text(answer.stem.string()) + ".*";
  }

  const runs::SegmentPlan& plan_;
  const tiles::TileOptions tiles_;
  const TiledTelling telling_;
  const bool writes_;
};

}  // namespace

runs::RunCount run_tiled(const segmenter::Segmenter& segmenter, const runs::SegmentPlan& plan,
                         const tiles::TileOptions& tiles, const TiledTelling& telling) {
  TiledReporter reporter(plan, tiles, telling);
  const runs::RunCount count =
      tiles::TiledRun(segmenter, plan, tiles, reporter, telling.beside_whole).work();
  if (count.skipped > 0 && !telling.json) {
    std::cout << count.skipped << " already written, skipped\n";
  }
  return count;
}

}  // namespace fcclip::apps
