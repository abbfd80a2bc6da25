#include "apps/tiled_pictures.h"

#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "fcclip/cli/failure.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/cli/terminal_width.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/duration.h"
#include "fcclip/core/error.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/segment_table.h"
#include "fcclip/outputs/segments_json.h"
#include "fcclip/runs/run_files.h"
#include "fcclip/runs/run_text.h"
#include "fcclip/tiles/segment_windows.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

void check_plan(const runs::SegmentPlan& plan) {
  if (plan.settings.place) {
    fail(ErrorCode::invalid_argument,
         "--at and --box ask a picture that the network sees as a whole; leave --tile out, or cut "
         "the part out");
  }
  if (plan.settings.ask.best_words > 0) {
    fail(ErrorCode::invalid_argument,
         "--top: a picture's best words are those of the picture as a whole; leave --tile out, or "
         "read the segments' list");
  }
  if (plan.settings.views == segmenter::Views::multiscale) {
    fail(ErrorCode::invalid_argument, "--tta multiscale: windows are seen in one size; --tta flip");
  }
  for (const runs::InputPicture& picture : plan.pictures) {
    if (!picture.path.empty()) continue;
    fail(ErrorCode::invalid_argument, "standard input can't be read in windows; name a file");
  }
}

nlohmann::json tiled_settings(const runs::SegmentPlan& plan, const tiles::TileOptions& tiles) {
  runs::RunSettings settings = plan.settings;
  settings.tolerance_px = plan.rendering.tolerance_px;
  settings.drawing = plan.rendering.overlay.record();
  nlohmann::json all = runs::settings_json(settings);
  all["tile"] = tiles.tile;
  all["overlap"] = tiles.overlap;
  return all;
}

/// The run over all of them.
class TiledRun {
 public:
  TiledRun(const segmenter::Segmenter& segmenter, const runs::SegmentPlan& plan,
           const tiles::TileOptions& tiles, const TiledTelling& telling)
      : segmenter_(segmenter), plan_(plan), tiles_(tiles), telling_(telling) {
    check_plan(plan);
    writes_ = !tiles::tiled_output_kinds(plan.write, false).empty();
    for (size_t i = 0; i < plan.pictures.size(); ++i) {
      if (plan.shard.takes(static_cast<int64_t>(i))) todo_.push_back(i);
    }
    count_.pictures = std::ssize(todo_);
    settings_ = tiled_settings(plan, tiles);
    id_ = runs::settings_id(settings_);
    if (writes_) folder_.emplace(plan.folder, plan.overwrite);
    runs::Stopwatch watch;
    const Progress words = cli::bar_until_stopped("reading words", "words");
    for (const classify::Vocabulary& question : plan.settings.questions) {
      questions_.push_back(segmenter.prepare(question, words, plan.settings.templates));
    }
    before_.load = plan.load_seconds;
    before_.words = watch.seconds();
    circumstances_ = runs::circumstances_json();
  }

  runs::RunCount work() {
    record("running");
    try {
      for (const size_t index : todo_) try_picture(plan_.pictures[index]);
    } catch (const std::exception& error) {
      record(cli::is_interruption(error) ? "interrupted" : "failed");
      throw;
    }
    record("complete");
    if (count_.skipped > 0 && !telling_.json) {
      std::cout << count_.skipped << " already written, skipped\n";
    }
    return count_;
  }

 private:
  void try_picture(const runs::InputPicture& picture) {
    try {
      segment(picture);
    } catch (const std::exception& error) {
      if (cli::is_interruption(error)) throw;
      const auto* own = dynamic_cast<const Error*>(&error);
      // The call, not the picture, is at fault: none of the others would go better.
      if (own != nullptr && own->code() == ErrorCode::invalid_argument) throw;
      ++count_.failed;
      const std::string line = cli::failure_line(error, picture.shown());
      failures_.push_back({{"image", picture.shown()}, {"error", line}});
      std::cerr << "fcclip: " << line << '\n';
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names = runs::record_names(plan_.shard);
    if (!telling_.beside_whole) return names;
    for (std::string& name : names) name.insert(name.find("run") + 3, ".windows");
    return names;
  }

  void record(const std::string& status) {
    if (!folder_) return;
    runs::RunState state{status, id_, plan_.shard, count_};
    for (const segmenter::PreparedVocabulary& question : questions_) {
      state.words_cached += question.classifier.cached;
      state.words_computed += question.classifier.computed;
    }
    nlohmann::json all = runs::record_json(circumstances_, state, "images");
    all["settings"] = settings_;
    all["windows"] = windows_;
    all["failures"] = failures_;
    all["seconds"] = runs::to_json(before_);
    all["seconds"]["wall"] = watch_.seconds();
    runs::write_record(*folder_, names(), all);
  }

  bool finished_before(const runs::InputPicture& picture) const {
    if (!plan_.resume || !folder_) return false;
    const runs::FinishedPicture* before = folder_->finished(picture.output_stem.generic_string());
    return before != nullptr && before->run == id_ && before->picture == runs::file_state(picture);
  }

  std::vector<fs::path> stems(const runs::InputPicture& picture) const {
    std::vector<fs::path> all;
    for (size_t q = 0; q < questions_.size(); ++q) {
      const std::string number = questions_.size() > 1 ? "." + std::to_string(q + 1) : "";
      all.push_back((plan_.folder / picture.output_stem) += number);
    }
    return all;
  }

  void segment(const runs::InputPicture& picture) {
    if (finished_before(picture)) {
      ++count_.skipped;
      return;
    }
    tiles::WindowJob job;
    job.picture = picture.path;
    job.name = picture.path.filename().string();
    job.tiles = tiles_;
    job.reading = plan_.reading;
    job.reading.log = [](LogLevel, const std::string& message) {
      std::cerr << "fcclip: warning: " << cli::visible_text(message) << '\n';
    };
    job.ask = plan_.settings.ask;
    job.size = plan_.settings.size;
    job.views = plan_.settings.views;
    job.write = plan_.write;
    job.rendering = plan_.rendering;
    job.rendering.log = job.reading.log;
    job.folder = folder_ ? &*folder_ : nullptr;
    job.stems = stems(picture);
    const runs::Stopwatch watch;
    const tiles::WindowsDone done = tiles::segment_windows(
        segmenter_, questions_, job, cli::bar_until_stopped("segmenting", "windows"));
    finish(picture, done, watch.seconds());
  }

  void finish(const runs::InputPicture& picture, const tiles::WindowsDone& done, double seconds) {
    std::vector<std::string> written;
    for (size_t q = 0; q < done.answers.size(); ++q) {
      for (const fs::path& file : done.files[q]) written.push_back(folder_->key(file));
      tell(picture, done, q, seconds);
    }
    if (folder_) {
      folder_->finish(picture.output_stem.generic_string(),
                      {id_, runs::file_state(picture), written});
    }
    ++count_.done;
    windows_ += done.windows;
  }

  void tell(const runs::InputPicture& picture, const tiles::WindowsDone& done, size_t q,
            double seconds) const {
    const results::Segmentation& answer = done.answers[q];
    if (telling_.json) {
      nlohmann::json line = outputs::to_json(answer);
      line["task"] = results::task_name(plan_.settings.ask.task);
      line["image"] = picture.shown();
      line["question"] = q + 1;
      line["seconds"] = seconds;
      line["windows"] = {{"tile", tiles_.tile},
                         {"overlap", tiles_.overlap},
                         {"count", done.windows},
                         {"empty", done.empty}};
      for (const fs::path& path : done.files[q]) line["files"].push_back(path.string());
      std::cout << outputs::json_line(line) << std::endl;
    } else if (!telling_.quiet) {
      std::string title =
          runs::picture_line(cli::visible_text(picture.shown()), answer) + ", " +
          counted(done.windows, "window", "windows") + " of " + std::to_string(tiles_.tile) +
          " (overlap " + std::to_string(tiles_.overlap) + "), overview " +
          std::to_string(done.overview.width) + "x" + std::to_string(done.overview.height) + " (" +
          duration_text(seconds) + ")";
      if (!done.files[q].empty())
        title += " -> " + cli::visible_text((stems(picture)[q]).string()) + ".*";
      outputs::write_table(std::cout, title, answer, cli::terminal_width());
    }
    if (telling_.json || !writes_ || cli::standard_output_closed()) cli::check_standard_output();
  }

  const segmenter::Segmenter& segmenter_;
  const runs::SegmentPlan& plan_;
  const tiles::TileOptions tiles_;
  const TiledTelling telling_;
  bool writes_ = true;
  std::vector<size_t> todo_;  ///< positions in plan_.pictures that this run works on
  nlohmann::json settings_, circumstances_, failures_ = nlohmann::json::array();
  std::string id_;  ///< of the settings
  runs::Timing before_;
  runs::Stopwatch watch_;
  int64_t windows_ = 0;
  std::optional<runs::OutputFolder> folder_;
  std::vector<segmenter::PreparedVocabulary> questions_;
  runs::RunCount count_;
};

}  // namespace

runs::RunCount run_tiled(const segmenter::Segmenter& segmenter, const runs::SegmentPlan& plan,
                         const tiles::TileOptions& tiles, const TiledTelling& telling) {
  return TiledRun(segmenter, plan, tiles, telling).work();
}

}  // namespace fcclip::apps
