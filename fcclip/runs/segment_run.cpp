#include "fcclip/runs/segment_run.h"

#include <algorithm>
#include <memory>

#include <ATen/ATen.h>

#include "fcclip/core/boundary.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/outputs/json_text.h"
#include "fcclip/outputs/summaries.h"
#include "fcclip/runs/run_files.h"
#include "fcclip/runs/threads_beside.h"

namespace fcclip::runs {
namespace {

namespace fs = std::filesystem;
using outputs::OutputKind;

// Pictures and answers that wait to be written hold at most so much; a larger one waits alone.
constexpr int64_t kWaitingBytes = int64_t{256} << 20;
constexpr size_t kListedFailures = 1000;

nlohmann::json settings_of(const SegmentPlan& plan, bool draws) {
  RunSettings settings = plan.settings;
  settings.tolerance_px = plan.rendering.tolerance_px;
  if (draws) settings.drawing = plan.rendering.overlay.record();
  return settings_json(settings);
}

// What is at a place are instances.
void check_place(const RunSettings& settings, const std::set<results::Task>& tasks) {
  if (!settings.place) return;
  for (const results::Task task : tasks) {
    if (task == results::Task::instance) continue;
    fail(ErrorCode::invalid_argument, "what is at a place are instances, and ",
         results::task_name(task), " results are to be written; write other kinds");
  }
}

void check_views(segmenter::Views views, const std::set<results::Task>& tasks) {
  if (views != segmenter::Views::multiscale) return;
  for (const results::Task task : tasks) {
    if (task == results::Task::semantic) continue;
    fail(ErrorCode::invalid_argument,
         "several sizes (multiscale) are averaged for semantic results "
         "alone, and ",
         results::task_name(task),
         " ones are asked for or to be written; ask for "
         "semantic ones, or average with the mirror image (flip)");
  }
}

int64_t shard_size(const SegmentPlan& plan) {
  return (std::ssize(plan.pictures) + plan.shard.count - plan.shard.number) / plan.shard.count;
}

}  // namespace

outputs::WantedOutputs wanted_outputs(const std::string& write, results::Task task) {
  if (write.empty()) return {outputs::default_output_kinds(task)};
  return outputs::parse_output_kinds(write);
}

int64_t SegmentRun::workers_each() const {
  return plan_.workers > 0 ? plan_.workers : segmenters_.front().threads_that_fill();
}

SegmentRun::SegmentRun(const segmenter::Segmenter& segmenter, SegmentPlan plan,
                       SegmentListener& listener)
    : SegmentRun(std::span(&segmenter, 1), std::move(plan), listener) {}

SegmentRun::SegmentRun(std::span<const segmenter::Segmenter> segmenters, SegmentPlan plan,
                       SegmentListener& listener)
    : segmenters_(segmenters), plan_(std::move(plan)), listener_(listener) {
  before_.load = plan_.load_seconds;
  count_.pictures = shard_size(plan_);
  wanted_ = wanted_outputs(plan_.write, plan_.settings.ask.task);
  settings_ = settings_of(plan_, wanted_.kinds.contains(OutputKind::overlay));
  id_ = settings_id(settings_);
  for (const classify::Vocabulary& question : plan_.settings.questions) {
    prepare(question);
    outputs::drop_unfitting_kinds(plan_.write, question, wanted_.kinds);
  }
  before_.words = watch_.lap();
  circumstances_ = circumstances_json();
  output_ = {wanted_.kinds, plan_.settings.ask.task, plan_.rendering};
  check_views(plan_.settings.views, needed_tasks(output_));
  check_place(plan_.settings, needed_tasks(output_));
  if (!wanted_.kinds.empty()) open_folder();
}

void SegmentRun::prepare(const classify::Vocabulary& question) {
  const Progress report = [this](int64_t done, int64_t total) {
    listener_.reading_words(done, total);
    return !listener_.wants_stop();
  };
  questions_.push_back(segmenters_.front().prepare(question, report, plan_.settings.templates));
  words_cached_ += questions_.back().classifier.cached;
  words_computed_ += questions_.back().classifier.computed;
}

void SegmentRun::open_folder() {
  folder_.emplace(plan_.folder, plan_.overwrite);
  output_.folder = &*folder_;
  if (!plan_.resume || plan_.overwrite || !folder_->unknown()) return;
  const std::string overlay = plan_.rendering.overlay.ending();
  for (size_t i = 0; i < plan_.pictures.size(); ++i) {
    // Another shard's may have appeared since the list was read.
    if (!plan_.shard.takes(static_cast<int64_t>(i))) continue;
    for (const fs::path& path : output_paths(stem(plan_.pictures[i], 0), wanted_.kinds, overlay)) {
      if (!fs::exists(path)) continue;
      fail(ErrorCode::bad_format, plan_.folder.string(), ": no ", WrittenFiles::kName,
           " says which words and model its results answer; start anew with --overwrite, or in "
           "another --output");
    }
  }
}

// Which pictures of this shard no earlier run has finished with the same settings.
void SegmentRun::choose_pictures() {
  const std::string overlay = plan_.rendering.overlay.ending();
  changed_.assign(plan_.pictures.size(), false);
  for (size_t i = 0; i < plan_.pictures.size(); ++i) {
    if (!plan_.shard.takes(static_cast<int64_t>(i))) continue;
    const InputPicture& picture = plan_.pictures[i];
    const FinishedPicture* before =
        plan_.resume && folder_ ? folder_->finished(picture.output_stem.generic_string()) : nullptr;
    bool same = before != nullptr && before->run == id_ && before->picture == file_state(picture) &&
                !picture.path.empty();
    for (size_t q = 0; same && q < questions_.size(); ++q) {
      for (const fs::path& path : output_paths(stem(picture, q), wanted_.kinds, overlay)) {
        same = same && fs::exists(path);
      }
    }
    changed_[i] = before != nullptr && before->run != id_;
    if (!same) todo_.push_back(i);
  }
  count_.skipped = count_.pictures - std::ssize(todo_);
}

int64_t SegmentRun::work() {
  choose_pictures();
  listener_.counted(count_);
  record("running");
  watch_.lap();
  try {
    run_pictures();
    if (listener_.wants_stop()) {
      fail(ErrorCode::interrupted, "stopped after ", counted(count_.done, "image", "images"),
           folder_ ? "; the same command with --resume goes on from there" : "");
    }
    finish_run();
  } catch (const std::exception& error) {
    listener_.ending();
    record(status_of_end(error));
    throw;
  }
  listener_.ending();
  return count_.failed;
}

// A shard's record comes first: so at least the last one to finish sees that all are complete. Two
// that see it at once write the same sums.
void SegmentRun::finish_run() {
  if (!plan_.shard.is_all() && summarises()) {
    record("complete");
    sums_are_to_come_ = !all_shards_complete(plan_.folder, plan_.shard.count, id_);
    if (sums_are_to_come_) return;
    folder_->refresh();
  }
  summarise();
  record("complete");
}

void SegmentRun::run_pictures() {
  const ThreadsBeside beside = threads_beside(workers());
  Queue queue([this](int64_t i) { return decode(plan_.pictures[todo_[static_cast<size_t>(i)]]); },
              std::ssize(todo_), {beside.before, beside.before},
              [this](int64_t) { return !listener_.wants_stop(); });
  OrderedWork writers(beside.behind, kWaitingBytes);
  std::vector<ops::StreamFork> forks;
  for (const segmenter::Segmenter& one : segmenters_) forks.push_back(one.fork());
  ops::run_branches(forks, workers_each(), [&](size_t own) {
    Worker worker{segmenters_[own], {}};
    for (const segmenter::PreparedVocabulary& question : questions_) {
      worker.questions.push_back(worker.segmenter.take_over(question));
    }
    run_worker(worker, queue, writers);
  });
  const Stopwatch wait;
  writers.finish();
  waited_ += wait.seconds();
}

void SegmentRun::run_worker(const Worker& worker, Queue& queue, OrderedWork& writers) {
  try {
    while (true) {
      const Stopwatch wait;
      std::optional<Queue::Turn> next = queue.take();
      if (!next) return;
      waited_ += wait.seconds();
      Turn turn{next->number, todo_[static_cast<size_t>(next->number)]};
      if (next->item) turn.decoded = std::move(*next->item);
      turn.unread = next->failure;
      if (!run_picture(worker, turn, writers)) queue.end();
    }
  } catch (const OrderedWork::Stopped&) {
    queue.end();  // finish() says why
  } catch (...) {
    queue.end();
    throw;
  }
}

// Whatever becomes of it, each of its pieces is given: others may wait for them.
bool SegmentRun::run_picture(const Worker& worker, Turn& turn, OrderedWork& writers) {
  std::exception_ptr fatal;
  bool stopped = false;
  try {
    if (turn.unread) std::rethrow_exception(turn.unread);
    const InputPicture& picture = plan_.pictures[turn.index];
    if (picture.path.empty()) turn.decoded = decode_now(picture);
    answer(worker, turn, writers);
  } catch (const OrderedWork::Stopped&) {
    throw;
  } catch (const std::exception& error) {
    stopped = is_interruption(error) && listener_.wants_stop();  // what is done is written
    if (!is_interruption(error)) hand_over_failure(error, turn, writers);
    if (is_interruption(error) && !stopped) fatal = std::current_exception();
  }
  while (turn.given < questions_.size())
    give(
        turn, [] { return OrderedWork::Finish(); }, 0, writers);
  if (fatal) std::rethrow_exception(fatal);
  return !stopped;
}

// Standard input is read when it is its turn: a thread that waits for it could not be stopped.
SegmentRun::Decoded SegmentRun::decode(const InputPicture& picture) const {
  return picture.path.empty() ? Decoded() : decode_now(picture);
}

SegmentRun::Decoded SegmentRun::decode_now(const InputPicture& picture) const {
  const Stopwatch watch;
  Decoded decoded;
  image::ReadOptions options = plan_.reading;
  options.log = [&decoded](LogLevel, const std::string& message) {
    decoded.warnings.push_back(message);
  };
  decoded.rgb = picture.path.empty()
                    ? image::decode_rgb(read_standard_input(), "standard input", options)
                    : image::read_rgb(picture.path, options);
  // Of several devices nobody knows yet which takes it.
  decoded.sent =
      segmenters_.size() == 1 ? segmenters_.front().send(decoded.rgb) : ops::Upload(decoded.rgb);
  decoded.seconds = watch.seconds();
  return decoded;
}

void SegmentRun::answer(const Worker& worker, Turn& turn, OrderedWork& writers) {
  const InputPicture& picture = plan_.pictures[turn.index];
  const Decoded& decoded = turn.decoded;
  const segmenter::Segmenter& segmenter = worker.segmenter;
  Stopwatch watch;
  const Progress go_on = [this](int64_t, int64_t) { return !listener_.wants_stop(); };
  const RunSettings& settings = plan_.settings;
  const segmenter::EncodedPicture encoded = segmenter::encode_picture(
      segmenter, decoded.sent.arrived(), settings.views, settings.size, go_on);
  const double network = watch.lap();
  for (size_t q = 0; q < questions_.size(); ++q) {
    watch.lap();
    PictureAnswers answers{picture, decoded.rgb, questions_[q].vocabulary, stem(picture, q)};
    for (const results::Task task : needed_tasks(output_)) {
      segmenter::AskOptions options = settings.ask;
      options.task = task;
      options.progress = go_on;
      if (task != output_.asked) options.best_words = 0;
      answers.by_task.emplace(
          task, settings.place
                    ? segmenter.at(encoded.image, worker.questions[q], *settings.place, options)
                    : segmenter::ask_picture(segmenter, encoded, worker.questions[q], options));
    }
    answers.timing.ask = watch.lap();
    if (q == 0) {
      answers.warnings = decoded.warnings;
      answers.timing.decode = decoded.seconds;
      answers.timing.network = network;
    }
    hand_over(std::move(answers), turn, writers);
  }
}

void SegmentRun::give(Turn& turn, OrderedWork::Work work, int64_t bytes,
                      OrderedWork& writers) const {
  const int64_t before = turn.number * std::ssize(questions_);
  writers.add_at(before + static_cast<int64_t>(turn.given++), std::move(work), bytes);
}

void SegmentRun::hand_over(PictureAnswers answers, Turn& turn, OrderedWork& writers) {
  const PictureQuestion question{turn.given, turn.given + 1 == questions_.size(),
                                 changed_[turn.index]};
  const int64_t bytes = answers.bytes();
  const Stopwatch wait;
  const auto shared = std::make_shared<PictureAnswers>(std::move(answers));
  give(
      turn,
      [this, shared, question]() -> OrderedWork::Finish {
        try {
          const WrittenAnswers written = write_answers(output_, *shared);
          return [this, shared, question, written] { finish_answer(*shared, written, question); };
        } catch (const std::exception& error) {
          const std::string line = listener_.failure_line(error, shared->picture);
          return [this, shared, line] { finish_failure(shared->picture, line); };
        }
      },
      bytes, writers);
  waited_ += wait.seconds();
}

void SegmentRun::hand_over_failure(const std::exception& error, Turn& turn, OrderedWork& writers) {
  const InputPicture& picture = plan_.pictures[turn.index];
  const std::string line = listener_.failure_line(error, picture);
  give(
      turn,
      [this, &picture, line]() -> OrderedWork::Finish {
        return [this, &picture, line] { finish_failure(picture, line); };
      },
      0, writers);
}

void SegmentRun::finish_answer(PictureAnswers& answers, const WrittenAnswers& written,
                               const PictureQuestion& question) {
  if (question.number == 0 && !std::exchange(before_told_, true)) answers.timing += before_;
  total_ += answers.timing;
  if (failed_ == &answers.picture) return;
  if (question.number == 0) current_files_.clear();
  for (const std::string& warning : answers.warnings) {
    if (warning.starts_with(answers.picture.shown()) || told_.insert(warning).second) {
      listener_.warned(warning);
    }
  }
  for (const fs::path& file : written.kept) keep(file);
  if (folder_) {
    for (const fs::path& file : written.files) current_files_.push_back(folder_->key(file));
  }
  listener_.answered(answers, written, question.number);
  if (!question.last) return;
  if (folder_) {
    folder_->finish(answers.picture.output_stem.generic_string(),
                    {id_, file_state(answers.picture), current_files_});
  }
  ++count_.done;
  if (question.changed) ++count_.changed;
  listener_.counted(count_);
}

void SegmentRun::finish_failure(const InputPicture& picture, const std::string& line) {
  if (failed_ == &picture) return;  // by another question
  failed_ = &picture;
  ++count_.failed;
  listener_.failed(picture, line);
  if (failures_.size() < kListedFailures) {
    failures_.push_back({{"image", picture.shown()}, {"error", line}});
  }
  listener_.counted(count_);
}

void SegmentRun::keep(const fs::path& file) {
  ++count_.kept;
  listener_.kept(file);
}

Timing SegmentRun::total() const {
  Timing total = total_;
  total.wait = waited_;
  return total;
}

std::string SegmentRun::suffix(size_t question) const {
  return plan_.settings.questions.size() > 1 ? "." + std::to_string(question + 1) : "";
}

// out/name, or out/name.2 for the second question.
fs::path SegmentRun::stem(const InputPicture& picture, size_t question) const {
  return (plan_.folder / picture.output_stem) += suffix(question);
}

// Answered with these settings (another run's results may lie there too), and the files that are
// joined are ours.
bool SegmentRun::is_summarised(const InputPicture& picture, size_t question) const {
  const FinishedPicture* finished = folder_->finished(picture.output_stem.generic_string());
  if (finished == nullptr || finished->run != id_) return false;
  std::set<OutputKind> joined;
  for (const OutputKind kind : {OutputKind::coco, OutputKind::segments}) {
    if (wanted_.kinds.contains(kind)) joined.insert(kind);
  }
  const std::vector<fs::path> paths = output_paths(stem(picture, question), joined);
  return std::all_of(paths.begin(), paths.end(), [&](const fs::path& path) {
    const std::vector<std::string>& files = finished->files;
    return std::find(files.begin(), files.end(), folder_->key(path)) != files.end();
  });
}

bool SegmentRun::summarises() const {
  const auto joins = [this](OutputKind kind) { return wanted_.kinds.contains(kind); };
  return folder_ && (wanted_.lines || wanted_.table || joins(OutputKind::yolo) ||
                     joins(OutputKind::coco) || joins(OutputKind::gallery));
}

void SegmentRun::summarise() {
  if (!folder_) return;
  const std::string overlay = plan_.rendering.overlay.ending();
  std::vector<outputs::AnsweredQuestion> answered;
  for (size_t q = 0; q < questions_.size(); ++q) {
    answered.push_back({suffix(q), questions_[q].vocabulary, {}});
    for (const InputPicture& picture : plan_.pictures) {
      if (!is_summarised(picture, q)) continue;
      answered.back().pictures.push_back({picture.path, stem(picture, q), overlay});
    }
  }
  for (outputs::OutputFile& file : outputs::render_summaries(wanted_, plan_.folder, answered)) {
    const FolderFile placed{plan_.folder / file.name, std::move(file.bytes)};
    if (!folder_->write(placed)) keep(placed.path);
  }
}

void SegmentRun::record(const std::string& status) {
  if (!folder_) return;
  const RunState state{status, id_, plan_.shard, count_, words_cached_, words_computed_};
  nlohmann::json all = record_json(circumstances_, state, "images");
  all["settings"] = settings_;
  all["failures"] = failures_;
  all["seconds"] = to_json(total_);
  all["seconds"]["wait"] = waited_.load();
  if (workers() > 1) all["workers"] = workers();
  all["seconds"]["wall"] = watch_.seconds();
  const std::vector<std::string> names = record_names(plan_.shard);
  const bool taken =
      std::any_of(plan_.pictures.begin(), plan_.pictures.end(), [&](const InputPicture& one) {
        return one.output_stem == fs::path(names[0]).stem();  // whose labelme file has that name
      });
  const std::span free = std::span(names).subspan(taken ? 1 : 0);
  if (!write_record(*folder_, free, all)) keep(plan_.folder / names.back());
}

}  // namespace fcclip::runs
