#include "apps/segment_run.h"

#include <chrono>
#include <iostream>

#include "apps/failure.h"
#include "apps/json_text.h"
#include "apps/stop_signal.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void write_files(const std::vector<OutputFile>& files) {
  for (const OutputFile& file : files) io::write_atomically(file.path, file.bytes);
}

}  // namespace

SegmentRun::SegmentRun(const SegmentFlags& flags)
    : flags_(flags),
      pictures_(expand_inputs(flags.inputs)),
      segmenter_(load_segmenter(flags.model)),
      options_(ask_options(flags.ask, segmenter_)),
      kinds_(flags.write.empty() ? default_output_kinds(options_.task)
                                 : parse_output_kinds(flags.write)) {
  const std::vector<std::string> templates = load_templates(flags.words);
  for (const classify::Vocabulary& question : load_questions(flags.words, segmenter_.config())) {
    prepare(question, templates);
  }
}

int64_t SegmentRun::work() {
  Progress progress("segmenting", std::ssize(pictures_), "images");
  int64_t done = 0, failed = 0, skipped = 0;
  for (const InputPicture& picture : pictures_) {
    if (stop_signal()) fail(ErrorCode::interrupted, "stopped after ", done, " images");
    if (std::ssize(pictures_) > 1) progress.update(done);
    if (flags_.resume && is_written(picture)) {
      ++skipped;
    } else if (!try_one(picture, progress)) {
      ++failed;
    }
    ++done;
  }
  progress.clear();
  summarise();
  if (skipped > 0 && !flags_.json) std::cout << skipped << " already written, skipped\n";
  return failed;
}

void SegmentRun::prepare(const classify::Vocabulary& question,
                         const std::vector<std::string>& templates) {
  std::unique_ptr<Progress> bar;
  const auto report = [&bar](int64_t done, int64_t total) {
    if (!bar) bar = std::make_unique<Progress>("reading words", total, "prompts");
    bar->update(done);
  };
  questions_.push_back(segmenter_.prepare(question, report, templates));
}

// out/name, or out/name.2 for the second question.
fs::path SegmentRun::stem(const InputPicture& picture, size_t question) const {
  fs::path path = fs::path(flags_.output_folder) / picture.output_stem;
  if (questions_.size() > 1) path += "." + std::to_string(question + 1);
  return path;
}

void SegmentRun::summarise() const {
  for (size_t q = 0; q < questions_.size(); ++q) {
    std::vector<fs::path> stems;
    for (const InputPicture& picture : pictures_) stems.push_back(stem(picture, q));
    const std::string suffix = questions_.size() > 1 ? "." + std::to_string(q + 1) : "";
    write_files(
        render_summaries(kinds_, flags_.output_folder, suffix, questions_[q].vocabulary, stems));
  }
}

bool SegmentRun::is_written(const InputPicture& picture) const {
  for (size_t q = 0; q < questions_.size(); ++q) {
    for (const fs::path& path : output_paths(stem(picture, q), kinds_)) {
      if (!fs::exists(path)) return false;
    }
  }
  return true;
}

bool SegmentRun::try_one(const InputPicture& picture, Progress& progress) {
  try {
    one(picture, progress);
    return true;
  } catch (const std::exception& error) {
    if (is_interruption(error)) throw;
    progress.clear();
    std::cerr << "fcclip: " << failure_line(error, picture.shown()) << '\n';
    return false;
  }
}

void SegmentRun::one(const InputPicture& picture, Progress& progress) {
  Timing timing;
  auto start = Clock::now();
  const at::Tensor rgb = picture.path.empty()
                             ? image::decode_rgb(read_standard_input(), "standard input")
                             : image::read_rgb(picture.path);
  timing.decode = seconds_since(start);
  start = Clock::now();
  const EncodedImage encoded = segmenter_.encode(rgb, encode_size(flags_.ask));
  timing.encode = seconds_since(start);
  for (size_t q = 0; q < questions_.size(); ++q) {
    start = Clock::now();
    const Segmentation result = answer(picture, rgb, encoded, q);
    timing.ask = seconds_since(start);
    progress.clear();
    report(picture, result, q, timing);
  }
}

// Runs each task that the outputs need once, writes them, and returns the answer to the task
// asked for.
Segmentation SegmentRun::answer(const InputPicture& picture, const at::Tensor& rgb,
                                const EncodedImage& encoded, size_t q) {
  const std::string file = picture.path.empty() ? "stdin" : picture.path.filename().string();
  const Answer about{rgb,
                     file,
                     questions_[q].vocabulary,
                     picture.path,
                     picture.output_stem.parent_path(),
                     flags_.tolerance_px};
  Segmentation asked;
  for (const Task task : {Task::panoptic, Task::instance, Task::semantic}) {
    std::vector<OutputKind> kinds;
    for (const OutputKind kind : kinds_) {
      if (task_of(kind, options_.task) == task) kinds.push_back(kind);
    }
    if (kinds.empty() && task != options_.task) continue;
    AskOptions options = options_;
    options.task = task;
    Segmentation result = segmenter_.ask(encoded, questions_[q], options);
    for (const OutputKind kind : kinds) {
      write_files(render_output(kind, stem(picture, q), about, result));
    }
    if (task == options_.task) asked = std::move(result);
  }
  return asked;
}

void SegmentRun::report(const InputPicture& picture, const Segmentation& result, size_t q,
                        const Timing& timing) const {
  if (flags_.json) {
    nlohmann::json line = to_json(result);
    line["image"] = picture.shown();
    line["question"] = q + 1;
    line["seconds"] = {{"decode", timing.decode}, {"encode", timing.encode}, {"ask", timing.ask}};
    for (const fs::path& path : output_paths(stem(picture, q), kinds_)) {
      line["files"].push_back(path.string());
    }
    std::cout << json_line(line) << std::endl;
    return;
  }
  if (flags_.quiet) return;
  char times[96];
  std::snprintf(times, sizeof times, "image %.2f s, words %.3f s", timing.encode, timing.ask);
  std::ostringstream title;
  title << picture.shown() << ": " << result.size.width << "x" << result.size.height << ", "
        << result.segments.size() << (result.segments.size() == 1 ? " segment" : " segments")
        << " (" << times << ")";
  if (!kinds_.empty()) title << " -> " << stem(picture, q).string() << ".*";
  print_table(std::cout, title.str(), result);
}

}  // namespace fcclip::apps
