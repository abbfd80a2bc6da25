// fcclip segment: pictures in, named segments out.

#include <chrono>
#include <iostream>

#include "apps/commands.h"
#include "apps/failure.h"
#include "apps/inputs.h"
#include "apps/outputs.h"
#include "apps/progress.h"
#include "apps/report.h"
#include "apps/segment_options.h"
#include "apps/stop_signal.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct SegmentFlags {
  std::vector<std::string> inputs;
  std::string output_folder = "out", write;
  double tolerance_px = 1;
  bool json = false, resume = false, quiet = false;
  ModelFlags model;
  WordFlags words;
  AskFlags ask;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One run of the command: the model and the questions are made ready once, then picture after
// picture.
class Run {
 public:
  explicit Run(const SegmentFlags& flags)
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

  // Number of pictures that failed.
  int64_t work() {
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

  int64_t total() const { return std::ssize(pictures_); }

 private:
  void prepare(const classify::Vocabulary& question, const std::vector<std::string>& templates) {
    std::unique_ptr<Progress> bar;
    const auto report = [&bar](int64_t done, int64_t total) {
      if (!bar) bar = std::make_unique<Progress>("reading words", total, "prompts");
      bar->update(done);
    };
    questions_.push_back(segmenter_.prepare(question, report, templates));
  }

  // out/name, or out/name.2 for the second question.
  fs::path stem(const InputPicture& picture, size_t question) const {
    fs::path path = fs::path(flags_.output_folder) / picture.output_stem;
    if (questions_.size() > 1) path += "." + std::to_string(question + 1);
    return path;
  }

  void summarise() const {
    for (size_t q = 0; q < questions_.size(); ++q) {
      std::vector<fs::path> stems;
      for (const InputPicture& picture : pictures_) stems.push_back(stem(picture, q));
      const std::string suffix = questions_.size() > 1 ? "." + std::to_string(q + 1) : "";
      write_summaries(kinds_, flags_.output_folder, suffix, questions_[q].vocabulary, stems);
    }
  }

  bool is_written(const InputPicture& picture) const {
    for (size_t q = 0; q < questions_.size(); ++q) {
      for (const fs::path& path : output_paths(stem(picture, q), kinds_)) {
        if (!fs::exists(path)) return false;
      }
    }
    return true;
  }

  bool try_one(const InputPicture& picture, Progress& progress) {
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

  void one(const InputPicture& picture, Progress& progress) {
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
  Segmentation answer(const InputPicture& picture, const at::Tensor& rgb,
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
      for (const OutputKind kind : kinds) write_output(kind, stem(picture, q), about, result);
      if (task == options_.task) asked = std::move(result);
    }
    return asked;
  }

  void report(const InputPicture& picture, const Segmentation& result, size_t q,
              const Timing& timing) const {
    if (flags_.json) {
      nlohmann::json line = to_json(result);
      line["image"] = picture.shown();
      line["question"] = q + 1;
      line["seconds"] = {{"decode", timing.decode}, {"encode", timing.encode}, {"ask", timing.ask}};
      for (const fs::path& path : output_paths(stem(picture, q), kinds_)) {
        line["files"].push_back(path.string());
      }
      std::cout << line.dump() << std::endl;
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

  const SegmentFlags& flags_;
  std::vector<InputPicture> pictures_;
  Segmenter segmenter_;
  AskOptions options_;
  std::set<OutputKind> kinds_;
  std::vector<PreparedVocabulary> questions_;
};

void segment(const SegmentFlags& flags) {
  Run run(flags);
  stop_signal();  // from here on a signal ends the run between two pictures
  const int64_t failed = run.work();
  if (failed > 0) {
    fail(ErrorCode::bad_format, failed, " of ", run.total(),
         run.total() == 1 ? " image" : " images", " failed; the reasons are above");
  }
}

}  // namespace

void add_segment(CLI::App& app) {
  auto flags = std::make_shared<SegmentFlags>();
  CLI::App* command = app.add_subcommand("segment", "Segment pictures with your words");
  command->add_option("inputs", flags->inputs, "Pictures, folders, globs, or - for standard input")
      ->required();
  command->add_option("-o,--output", flags->output_folder, "Folder for results")
      ->capture_default_str();
  command->add_option("--write", flags->write,
                      "What to write: " + output_kind_names() +
                          ", or none; default overlay, segments and the task's own format");
  command
      ->add_option("--tolerance", flags->tolerance_px,
                   "How far outlines (labelme, yolo, geojson, coco) may leave the pixel edges, in "
                   "pixels; 0 keeps every corner")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  command->add_flag("--json", flags->json, "One JSON object per image on standard output");
  command->add_flag("--resume", flags->resume, "Skip images whose results are there already");
  command->add_flag("-q,--quiet", flags->quiet, "No table");
  add_model_flags(*command, flags->model);
  add_word_flags(*command, flags->words);
  add_ask_flags(*command, flags->ask);
  command->callback([flags] { segment(*flags); });
}

}  // namespace fcclip::apps
