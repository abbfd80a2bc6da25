#include "fcclip/tiles/tiled_run.h"

#include <utility>

#include "fcclip/core/boundary.h"
#include "fcclip/core/error.h"
#include "fcclip/runs/run_files.h"

namespace fcclip::tiles {
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

nlohmann::json tiled_settings(const runs::SegmentPlan& plan, const TileOptions& tiles) {
  runs::RunSettings settings = plan.settings;
  settings.tolerance_px = plan.rendering.tolerance_px;
  settings.drawing = plan.rendering.overlay.record();
  nlohmann::json all = runs::settings_json(settings);
  all["tile"] = tiles.tile;
  all["overlap"] = tiles.overlap;
  return all;
}

// Errors that no other picture would be spared: the run was stopped, or the call is at fault.
bool ends_the_run(const std::exception& error) {
  return is_interruption(error) || as_error(error).code() == ErrorCode::invalid_argument;
}

}  // namespace

TiledRun::TiledRun(const segmenter::Segmenter& segmenter, const runs::SegmentPlan& plan,
                   const TileOptions& tiles, TiledListener& listener, bool beside_whole)
    : segmenter_(segmenter),
      plan_(plan),
      tiles_(tiles),
      listener_(listener),
      beside_whole_(beside_whole),
      settings_(tiled_settings(plan, tiles)),
      id_(runs::settings_id(settings_)) {
  check_plan(plan);
  for (size_t i = 0; i < plan.pictures.size(); ++i) {
    if (plan.shard.takes(static_cast<int64_t>(i))) todo_.push_back(i);
  }
  count_.pictures = std::ssize(todo_);
  if (!tiled_output_kinds(plan.write, false).empty()) folder_.emplace(plan.folder, plan.overwrite);
  runs::Stopwatch watch;
  const Progress words = listener.counting("reading words", "words");
  for (const classify::Vocabulary& question : plan.settings.questions) {
    questions_.push_back(segmenter.prepare(question, words, plan.settings.templates));
  }
  before_.load = plan.load_seconds;
  before_.words = watch.seconds();
  circumstances_ = runs::circumstances_json();
}

runs::RunCount TiledRun::work() {
  record("running");
  try {
    for (const size_t index : todo_) try_picture(plan_.pictures[index]);
  } catch (const std::exception& error) {
    record(runs::status_of_end(error));
    throw;
  }
  record("complete");
  return count_;
}

void TiledRun::try_picture(const runs::InputPicture& picture) {
  try {
    segment(picture);
  } catch (const std::exception& error) {
    if (ends_the_run(error)) throw;
    ++count_.failed;
    const std::string line = listener_.failure_line(error, picture);
    failures_.push_back({{"image", picture.shown()}, {"error", line}});
    listener_.failed(line);
  }
}

void TiledRun::segment(const runs::InputPicture& picture) {
  if (finished_before(picture)) {
    ++count_.skipped;
    return;
  }
  const runs::Stopwatch watch;
  const WindowsDone done = segment_windows(segmenter_, questions_, job_of(picture),
                                           listener_.counting("segmenting", "windows"));
  finish(picture, done, watch.seconds());
}

void TiledRun::finish(const runs::InputPicture& picture, const WindowsDone& done, double seconds) {
  const std::vector<fs::path> stems = this->stems(picture);
  std::vector<std::string> written;
  for (size_t q = 0; q < done.answers.size(); ++q) {
    for (const fs::path& file : done.files[q]) written.push_back(folder_->key(file));
    listener_.answered({picture, done, q, stems[q], seconds});
  }
  if (folder_) {
    folder_->finish(picture.output_stem.generic_string(),
                    {id_, runs::file_state(picture), written});
  }
  ++count_.done;
  windows_ += done.windows;
}

bool TiledRun::finished_before(const runs::InputPicture& picture) const {
  if (!plan_.resume || !folder_) return false;
  const runs::FinishedPicture* before = folder_->finished(picture.output_stem.generic_string());
  return before != nullptr && before->run == id_ && before->picture == runs::file_state(picture);
}

WindowJob TiledRun::job_of(const runs::InputPicture& picture) {
  const auto warn = [this](LogLevel, const std::string& message) { listener_.warned(message); };
  WindowJob job;
  job.picture = picture.path;
  job.name = picture.path.filename().string();
  job.tiles = tiles_;
  job.reading = plan_.reading;
  job.reading.log = warn;
  job.ask = plan_.settings.ask;
  job.size = plan_.settings.size;
  job.views = plan_.settings.views;
  job.write = plan_.write;
  job.rendering = plan_.rendering;
  job.rendering.log = warn;
  job.folder = folder_ ? &*folder_ : nullptr;
  job.stems = stems(picture);
  return job;
}

std::vector<fs::path> TiledRun::stems(const runs::InputPicture& picture) const {
  std::vector<fs::path> all;
  for (size_t q = 0; q < questions_.size(); ++q) {
    const std::string number = questions_.size() > 1 ? "." + std::to_string(q + 1) : "";
    all.push_back((plan_.folder / picture.output_stem) += number);
  }
  return all;
}

void TiledRun::record(const std::string& status) {
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
  runs::write_record(*folder_, record_names(), all);
}

std::vector<std::string> TiledRun::record_names() const {
  std::vector<std::string> names = runs::record_names(plan_.shard);
  if (!beside_whole_) return names;
  for (std::string& name : names) name.insert(name.find("run") + 3, ".windows");
  return names;
}

}  // namespace fcclip::tiles
