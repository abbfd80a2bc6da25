#include "apps/segment_run.h"

#include <algorithm>
#include <iostream>
#include <thread>
#include <utility>

#include <ATen/ATen.h>

#include "apps/failure.h"
#include "apps/folder_tables.h"
#include "apps/json_text.h"
#include "apps/run_record.h"
#include "apps/stop_signal.h"
#include "fcclip/core/error.h"
#include "fcclip/engine/loader.h"
#include "fcclip/image/image_file.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

// Pictures and answers that wait to be written hold at most so much; a larger one waits alone.
constexpr int64_t kWaitingBytes = int64_t{256} << 20;

constexpr const char* kRecordName = "run.json";
constexpr const char* kOtherRecordName = "fcclip-run.json";

int64_t cores() {
  return std::max<int64_t>(1, std::thread::hardware_concurrency());
}

// The tables are made from the pictures' segments files.
std::set<OutputKind> output_kinds(const SegmentFlags& flags, results::Task task) {
  if (flags.write.empty()) return default_output_kinds(task);
  std::string write = flags.write;
  const bool tables = take_folder_tables(write).any();
  std::set<OutputKind> kinds;
  if (!write.empty()) kinds = parse_output_kinds(write);
  if (tables) kinds.insert(OutputKind::segments);
  return kinds;
}

std::string image_count(int64_t count) {
  return counted(count, "image", "images");
}

// Answers are made with all words; what is not asked for is not reported.
void keep_only(classify::Vocabulary& question, const std::vector<std::string>& names,
               std::set<std::string>& found) {
  for (classify::VocabularyClass& entry : question.classes) {
    bool wanted = false;
    for (const std::string& name : names) {
      if (std::find(entry.synonyms.begin(), entry.synonyms.end(), name) == entry.synonyms.end()) {
        continue;
      }
      wanted = true;
      found.insert(name);
    }
    if (!wanted) entry.is_background = true;
  }
}

void apply_only(std::vector<classify::Vocabulary>& questions, const std::string& only) {
  if (only.empty()) return;
  std::vector<std::string> names;
  for (const classify::VocabularyClass& entry : classify::parse_classes(only).classes) {
    names.insert(names.end(), entry.synonyms.begin(), entry.synonyms.end());
  }
  std::set<std::string> found;
  for (classify::Vocabulary& question : questions) keep_only(question, names, found);
  for (const std::string& name : names) {
    if (found.contains(name)) continue;
    fail(ErrorCode::invalid_argument, "--only: '", name, "' is none of the words asked for");
  }
}

// Where every picture is missing nothing is worth waiting for; one of many fails in its turn.
void require_one_picture(const std::vector<InputPicture>& pictures) {
  for (const InputPicture& picture : pictures) {
    if (picture.path.empty() || fs::exists(picture.path)) return;
  }
  fail(ErrorCode::not_found, "can't open ", pictures.front().path.string(), ": no such file");
}

// With few words and none for the rest, semantic answers paint the whole picture in them.
bool wants_background(const classify::Vocabulary& question) {
  constexpr int64_t kFewWords = 4;
  const auto is_background = [](const classify::VocabularyClass& c) { return c.is_background; };
  return std::ssize(question.classes) <= kFewWords &&
         std::none_of(question.classes.begin(), question.classes.end(), is_background);
}

}  // namespace

SegmentRun::SegmentRun(const SegmentFlags& flags)
    : flags_(flags),
      output_path_(expand_home(flags.output_folder)),
      read_(read_options(flags.picture)),
      overlay_(overlay_style(flags.overlay)),
      segmenter_([&] {
        // What costs nothing to check comes before the model.
        InputList list = expand_inputs(flags.inputs, output_path_);
        pictures_ = std::move(list.pictures);
        notes_ = std::move(list.notes);
        require_one_picture(pictures_);
        if (!output_kinds(flags, results::Task::panoptic).empty())
          check_output_folder(output_path_);
        const model::Config config = model_config(flags.model);
        templates_ = load_templates(flags.words);
        asked_ = load_questions(flags.words, config);
        apply_only(asked_, flags.only);
        if (takes_bundled_model(flags.model)) std::cerr << bundled_model_notice(config, asked_);
        watch_.lap();
        return load_segmenter(flags.model);
      }()) {
  before_.load = watch_.lap();
  RunSettings settings;
  settings.ask = ask_options(flags.ask, segmenter_);
  settings.templates = std::move(templates_);
  settings.questions = std::move(asked_);
  settings.model = find_model(flags.model.model);
  settings.size = encode_size(flags.ask);
  settings.tolerance_px = flags.tolerance_px;
  settings.reading = read_record(flags.picture);
  output_ = {output_kinds(flags, settings.ask.task), settings.ask, flags.tolerance_px, overlay_};
  if (output_.kinds.contains(OutputKind::overlay)) settings.drawing = overlay_.record();
  for (const classify::Vocabulary& question : settings.questions) {
    prepare(question, settings.templates);
    drop_unfitting_kinds(flags.write, question, output_.kinds);
  }
  if (!flags.quiet && !flags.json && settings.ask.task == results::Task::semantic &&
      std::any_of(settings.questions.begin(), settings.questions.end(), wants_background)) {
    notes_.push_back(
        "--task semantic gives every pixel one of the words; --background \"wall, ground, sky\" "
        "names what else there is");
  }
  before_.words = watch_.lap();
  settings_ = settings_json(settings);
  circumstances_ = circumstances_json();
  if (!output_.kinds.empty()) open_folder();
}

void SegmentRun::prepare(const classify::Vocabulary& question,
                         const std::vector<std::string>& templates) {
  questions_.push_back(
      segmenter_.prepare(question, bar_until_stopped("reading words", "words"), templates));
  words_cached_ += questions_.back().classifier.cached;
  words_computed_ += questions_.back().classifier.computed;
}

void SegmentRun::open_folder() {
  folder_.emplace(output_path_, flags_.overwrite);
  output_.folder = &*folder_;
  if (!flags_.resume || flags_.overwrite || !folder_->unknown()) return;
  for (const InputPicture& picture : pictures_) {
    for (const fs::path& path : output_paths(stem(picture, 0), output_.kinds, overlay_.ending())) {
      if (!fs::exists(path)) continue;
      fail(ErrorCode::bad_format, output_path_.string(), ": no ", WrittenFiles::kName,
           " says which words and model its results answer; start anew with --overwrite, or in "
           "another --output");
    }
  }
}

// Which pictures an earlier run has finished with the same settings.
void SegmentRun::plan() {
  const std::string run = settings_id(settings_);
  changed_.assign(pictures_.size(), false);
  for (size_t i = 0; i < pictures_.size(); ++i) {
    const InputPicture& picture = pictures_[i];
    const FinishedPicture* before = flags_.resume && folder_
                                        ? folder_->finished(picture.output_stem.generic_string())
                                        : nullptr;
    bool same = before != nullptr && before->run == run && before->picture == file_state(picture) &&
                !picture.path.empty();
    for (size_t q = 0; same && q < questions_.size(); ++q) {
      for (const fs::path& path :
           output_paths(stem(picture, q), output_.kinds, overlay_.ending())) {
        same = same && fs::exists(path);
      }
    }
    changed_[i] = before != nullptr && before->run != run;
    if (!same) todo_.push_back(i);
  }
}

int64_t SegmentRun::work() {
  const std::string run = settings_id(settings_);
  plan();
  reporter_.emplace(
      ReporterOptions{flags_.json, flags_.quiet, output_.ask.task, output_.folder, run}, total());
  for (const std::string& note : notes_) reporter_->note(note);
  reporter_->skipped(total() - std::ssize(todo_));
  record("running");
  watch_.lap();
  try {
    run_pictures();
    if (stop_signal()) {
      const int64_t done = reporter_->count().done;
      fail(ErrorCode::interrupted, "stopped after ", image_count(done),
           folder_ ? "; the same command with --resume goes on from there" : "");
    }
    summarise();
    write_tables();
  } catch (const std::exception& error) {
    reporter_->close();
    record(is_interruption(error) ? "interrupted" : "failed");
    throw;
  }
  reporter_->close();
  record("complete");
  say_totals();
  return reporter_->count().failed;
}

void SegmentRun::run_pictures() {
  const int64_t ahead = cores() >= 4 ? 2 : 1;
  engine::Loader<Decoded> pictures(
      [this](int64_t i) { return i < std::ssize(todo_) ? decode(pictures_[todo_[i]]) : Decoded(); },
      0, {ahead, ahead});
  OrderedWork writers(std::clamp<int64_t>(cores() / 2, 1, 4), kWaitingBytes);
  for (const size_t index : todo_) {
    if (stop_signal()) break;
    const InputPicture& picture = pictures_[index];
    try {
      const Stopwatch wait;
      Decoded decoded = pictures.next();
      waited_ += wait.seconds();
      if (picture.path.empty()) decoded = decode_now(picture);
      answer(index, decoded, writers);
    } catch (const OrderedWork::Stopped&) {
      break;  // finish() says why
    } catch (const std::exception& error) {
      if (is_interruption(error)) throw;
      hand_over_failure(picture, error, writers);
    }
  }
  const Stopwatch wait;
  writers.finish();
  waited_ += wait.seconds();
}

// Standard input is read when it is its turn: a thread that waits for it could not be stopped.
SegmentRun::Decoded SegmentRun::decode(const InputPicture& picture) const {
  return picture.path.empty() ? Decoded() : decode_now(picture);
}

SegmentRun::Decoded SegmentRun::decode_now(const InputPicture& picture) const {
  const Stopwatch watch;
  Decoded decoded;
  image::ReadOptions options = read_;
  options.log = [&decoded](LogLevel, const std::string& message) {
    decoded.warnings.push_back(message);
  };
  decoded.rgb = picture.path.empty()
                    ? image::decode_rgb(read_standard_input(), "standard input", options)
                    : image::read_rgb(picture.path, options);
  decoded.seconds = watch.seconds();
  return decoded;
}

void SegmentRun::answer(size_t index, const Decoded& decoded, OrderedWork& writers) {
  const InputPicture& picture = pictures_[index];
  Stopwatch watch;
  const EncodedImage encoded = segmenter_.encode(decoded.rgb, encode_size(flags_.ask));
  const double network = watch.lap();
  for (size_t q = 0; q < questions_.size(); ++q) {
    watch.lap();
    PictureAnswers answers{picture, decoded.rgb, questions_[q].vocabulary, stem(picture, q)};
    for (const results::Task task : needed_tasks(output_)) {
      AskOptions options = output_.ask;
      options.task = task;
      answers.by_task.emplace(task, segmenter_.ask(encoded, questions_[q], options));
    }
    answers.timing.ask = watch.lap();
    if (q == 0) {
      answers.warnings = decoded.warnings;
      answers.timing.decode = decoded.seconds;
      answers.timing.network = network;
      if (!std::exchange(before_told_, true)) answers.timing += before_;
    }
    hand_over(std::move(answers), {q, q + 1 == questions_.size(), changed_[index]}, writers);
  }
}

void SegmentRun::hand_over(PictureAnswers answers, const PictureQuestion& question,
                           OrderedWork& writers) {
  const int64_t bytes = answers.bytes();
  const Stopwatch wait;
  const auto shared = std::make_shared<PictureAnswers>(std::move(answers));
  writers.add(
      [this, shared, question]() -> OrderedWork::Finish {
        try {
          const WrittenAnswers written = write_answers(output_, *shared);
          return [this, shared, question, written] {
            reporter_->answered(*shared, written, question);
          };
        } catch (const std::exception& error) {
          const std::string line = failure_line(error, shared->picture.shown());
          return [this, shared, line] { reporter_->failed(shared->picture, line); };
        }
      },
      bytes);
  waited_ += wait.seconds();
}

void SegmentRun::hand_over_failure(const InputPicture& picture, const std::exception& error,
                                   OrderedWork& writers) {
  const std::string line = failure_line(error, picture.shown());
  writers.add(
      [this, &picture, line]() -> OrderedWork::Finish {
        return [this, &picture, line] { reporter_->failed(picture, line); };
      },
      0);
}

// out/name, or out/name.2 for the second question.
fs::path SegmentRun::stem(const InputPicture& picture, size_t question) const {
  fs::path path = output_path_ / picture.output_stem;
  if (questions_.size() > 1) path += "." + std::to_string(question + 1);
  return path;
}

// Answered with these settings (another run's results may lie there too), and the files that are
// joined are ours.
bool SegmentRun::is_summarised(const InputPicture& picture, size_t question) const {
  const FinishedPicture* finished = folder_->finished(picture.output_stem.generic_string());
  if (finished == nullptr || finished->run != settings_id(settings_)) return false;
  std::set<OutputKind> joined;
  for (const OutputKind kind : {OutputKind::coco, OutputKind::segments}) {
    if (output_.kinds.contains(kind)) joined.insert(kind);
  }
  const std::vector<fs::path> paths = output_paths(stem(picture, question), joined);
  return std::all_of(paths.begin(), paths.end(), [&](const fs::path& path) {
    const std::vector<std::string>& files = finished->files;
    return std::find(files.begin(), files.end(), folder_->key(path)) != files.end();
  });
}

void SegmentRun::summarise() {
  if (!folder_) return;
  std::vector<AnsweredQuestion> answered;
  for (size_t q = 0; q < questions_.size(); ++q) {
    const std::string suffix = questions_.size() > 1 ? "." + std::to_string(q + 1) : "";
    answered.push_back({suffix, questions_[q].vocabulary, {}});
    for (const InputPicture& picture : pictures_) {
      if (!is_summarised(picture, q)) continue;
      answered.back().pictures.push_back({picture.path, stem(picture, q), overlay_.ending()});
    }
  }
  for (const OutputFile& file : render_summaries(output_.kinds, output_path_, answered)) {
    if (!folder_->write(file)) reporter_->kept(file.path);
  }
}

void SegmentRun::write_tables() {
  std::string kinds = flags_.write;
  const FolderTables wanted = take_folder_tables(kinds);
  for (size_t q = 0; folder_ && wanted.any() && q < questions_.size(); ++q) {
    std::vector<TabledPicture> pictures;
    for (const InputPicture& picture : pictures_) {
      if (is_summarised(picture, q)) pictures.push_back({picture.shown(), stem(picture, q)});
    }
    const std::string suffix = questions_.size() > 1 ? "." + std::to_string(q + 1) : "";
    std::vector<OutputFile> files;
    if (wanted.lines) {
      files.push_back({output_path_ / ("results" + suffix + ".jsonl"), results_lines(pictures)});
    }
    if (wanted.table) {
      files.push_back({output_path_ / ("segments" + suffix + ".csv"), segments_table(pictures)});
    }
    for (const OutputFile& file : files) {
      if (!folder_->write(file)) reporter_->kept(file.path);
    }
  }
}

void SegmentRun::record(const std::string& status) {
  if (!folder_) return;
  const RunCount& count = reporter_->count();
  nlohmann::json all = circumstances_;
  all["status"] = status;
  all["run"] = settings_id(settings_);
  all["settings"] = settings_;
  all["images"] = {{"all", count.pictures},
                   {"answered", count.done},
                   {"failed", count.failed},
                   {"finished before", count.skipped}};
  all["failures"] = reporter_->failures();
  all["seconds"] = to_json(reporter_->total());
  all["seconds"]["wait"] = waited_;
  all["seconds"]["wall"] = watch_.seconds();
  all["words"] = {{"cached", words_cached_}, {"computed", words_computed_}};
  all["files"] = WrittenFiles::kName;
  const bool taken = std::any_of(pictures_.begin(), pictures_.end(), [](const InputPicture& one) {
    return one.output_stem == fs::path("run");  // whose labelme file has that name
  });
  const std::string text = json_text(all);
  if (!taken && folder_->write({output_path_ / kRecordName, text})) return;
  const fs::path other = output_path_ / kOtherRecordName;
  if (!folder_->write({other, text})) reporter_->kept(other);
}

void SegmentRun::say_totals() const {
  const RunCount& count = reporter_->count();
  if (flags_.json) return;
  if (count.skipped > 0) {
    std::cout << count.skipped << " already written, skipped\n";
  }
  if (count.changed > 0) {
    std::cout << image_count(count.changed)
              << " answered anew: the results there were of other words, settings or model\n";
  }
  if (count.kept > 0) {
    std::cout << counted(count.kept, "file", "files") << " kept; --overwrite replaces them\n";
  }
  if (!flags_.quiet && count.done > 1) {
    Timing total = reporter_->total();
    total.wait = waited_;
    std::cout << run_line(count, before_, total, watch_.seconds()) << '\n';
  }
}

}  // namespace fcclip::apps
