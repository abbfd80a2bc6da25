#include "fcclip/measure/machine.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/measure/made_up.h"
#include "fcclip/measure/network_work.h"
#include "fcclip/ops/peak.h"
#include "fcclip/outputs/render.h"
#include "fcclip/runs/stopwatch.h"
#include "fcclip/segmenter/describe.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::measure {
namespace {

using results::Task;

double process_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

class ThreadsAsBefore {
 public:
  ~ThreadsAsBefore() { at::set_num_threads(threads_); }

 private:
  int threads_ = at::get_num_threads();
};

/// What is timed, and what comes before it.
struct Job {
  Step step;
  std::function<void()> work;
};

class Machine {
 public:
  explicit Machine(const Plan& plan)
      : plan_(plan), rgb_(plan.rgb.defined() ? plan.rgb : made_up_picture()) {
    threads_ = plan.threads > 0 ? plan.threads : at::get_num_threads();
  }

  Measured measure() {
    measured_.picture = {rgb_.size(0), rgb_.size(1)};
    add_load_and_decode();
    run_jobs(kOtherSteps);  // sizes are the model's
    measure_peaks();
    add_encode();
    add_words();
    add_questions();
    add_results();
    run_jobs(0);
    return std::move(measured_);
  }

 private:
  // More than the jobs of the first round know of, for the bar: about.
  static constexpr int64_t kOtherSteps = 20;

  void add(const std::string& step, const std::string& what, std::function<void()> work) {
    jobs_.push_back({{step, what, threads_}, std::move(work)});
  }

  void add_load_and_decode() {
    add("load", plan_.model.filename().string(), [this] {
      segmenter_.reset();  // two would not fit where one does
      segmenter_ = segmenter::Segmenter::load(
          plan_.model,
          {.device = plan_.device, .use_text_cache = false, .products = plan_.products});
    });
    const auto decode = [this](const char* kind, std::string bytes) {
      add("decode", kind, [bytes = std::move(bytes)] { image::decode_rgb(bytes, "a picture"); });
    };
    decode("JPEG", image::encode_jpeg(rgb_));
    decode("PNG", image::encode_png(rgb_));
  }

  void measure_peaks() {
    for (const int64_t threads : thread_counts()) {
      at::set_num_threads(static_cast<int>(threads));
      measured_.peaks.push_back({threads, ops::multiply_add_peak(plan_.seconds_per_step / 2)});
    }
  }

  std::vector<int64_t> thread_counts() const {
    if (threads_ == 1 || plan_.device != "cpu") return {threads_};
    return {1, threads_};
  }

  // The model's own size comes last, so that its answer is what is asked.
  void add_encode() {
    const int64_t own = segmenter_->config().pixels.short_side;
    std::vector<int64_t> sides = {own / 2, own};
    if (!plan_.quick) sides.insert(sides.begin(), own * 3 / 2);
    for (const int64_t side : sides) {
      const int64_t longest = side * segmenter_->config().pixels.max_side / own;
      const Size padded = padded_size(rgb_, segmenter_->config().pixels, {side, longest});
      for (const int64_t threads : thread_counts()) {
        add("encode", std::to_string(padded.width) + "x" + std::to_string(padded.height),
            [this, side, longest] {
              encode({side, longest});
            });
        jobs_.back().step.threads = threads;
        if (plan_.device == "cpu") {
          jobs_.back().step.flop = network_flop(segmenter_->config(), padded);
        }
      }
    }
  }

  void encode(const segmenter::EncodeSize& size) {
    image_ = segmenter_->encode(rgb_, size, {}, [this](int64_t, int64_t) { return goes_on(); });
    image_.wait();
  }

  void add_words() {
    const classify::Vocabulary words = few_words(plan_.quick ? 2 : 6);
    const auto prompts = words.classes.size() * segmenter_->config().templates.size();
    add("words",
        std::to_string(words.classes.size()) + " words, " + std::to_string(prompts) + " prompts",
        [this, words] { segmenter_->prepare(words); });
  }

  void add_questions() {
    for (const int64_t count : {1, 20, 150, 1203, 0}) {
      const classify::Vocabulary words = question_of(count);
      add("ask", counted(std::ssize(words.classes), "word", "words"), [this, words] {
        if (asked_.vocabulary.classes.size() != words.classes.size()) make_ready(words);
        segmenter_->ask(image_, asked_, segmenter_->ask_defaults());
      });
    }
  }

  void make_ready(const classify::Vocabulary& words) {
    asked_ = with_made_up_rows(words, image_, segmenter_->config().training_vocabulary);
  }

  void add_results() {
    for (const Task task : {Task::panoptic, Task::instance, Task::semantic}) {
      add("results", std::string(results::task_name(task)), [this, task] { describe(task); });
    }
    const auto write = [this](const char* what, outputs::OutputKind kind) {
      add("write", what, [this, kind] {
        const outputs::Picture picture{"picture.jpg", rgb_};
        outputs::render(kind, "picture", {picture, panoptic_, asked_.vocabulary});
      });
    };
    write("overlay", outputs::OutputKind::overlay);
    write("panoptic PNG and JSON", outputs::OutputKind::panoptic);
    write("segments JSON", outputs::OutputKind::segments);
  }

  void describe(Task task) {
    constexpr int64_t kWords = 150;
    segmenter::AskOptions options = segmenter_->ask_defaults();
    options.task = task;
    if (std::ssize(asked_.vocabulary.classes) != kWords) {
      make_ready(question_of(kWords));
      const c10::InferenceMode guard;
      classes_ = segmenter_->name_masks(image_, asked_, options.ensemble);
    }
    const c10::InferenceMode guard;
    results::Segmentation answer = segmenter::describe(image_, asked_, classes_, options);
    if (task == Task::panoptic) panoptic_ = std::move(answer);
  }

  bool goes_on() const { return !plan_.progress || plan_.progress(done_, total_); }

  void run_jobs(int64_t to_come) {
    total_ = done_ + std::ssize(jobs_) + to_come;
    for (Job& job : jobs_) {
      at::set_num_threads(static_cast<int>(job.step.threads));
      time(job);
      measured_.steps.push_back(std::move(job.step));
      report_progress(plan_.progress, ++done_, total_, "steps");
    }
    jobs_.clear();
  }

  // Long enough for a median, not so long that anybody waits: the first time, which brings memory and
  // what is made once, does not count where it costs little to repeat.
  void time(Job& job) {
    const double budget = plan_.seconds_per_step, enough = 8 * budget;
    constexpr size_t kLeast = 3, kMost = 15;
    const double first = run_once(job);
    if (first > enough) return;
    job.step.seconds.clear();
    job.step.cpu_seconds.clear();
    double spent = 0;
    const std::vector<double>& all = job.step.seconds;
    while (all.size() < kLeast || (all.size() < kMost && spent < budget)) {
      report_progress(plan_.progress, done_, total_, "steps");
      spent += run_once(job);
    }
  }

  static double run_once(Job& job) {
    const double cpu = process_seconds();
    const runs::Stopwatch watch;
    job.work();
    job.step.seconds.push_back(watch.seconds());
    job.step.cpu_seconds.push_back(process_seconds() - cpu);
    return job.step.seconds.back();
  }

  const Plan& plan_;
  at::Tensor rgb_;
  int64_t threads_ = 1, done_ = 0, total_ = 0;
  std::vector<Job> jobs_;
  Measured measured_;
  std::optional<segmenter::Segmenter> segmenter_;
  segmenter::EncodedImage image_;
  segmenter::PreparedVocabulary asked_;
  classify::Classification classes_;
  results::Segmentation panoptic_;
};

}  // namespace

double Step::median() const {
  return median_of(seconds);
}

double Step::median_cpu() const {
  return median_of(cpu_seconds);
}

double Step::least() const {
  return *std::ranges::min_element(seconds);
}

double Measured::share_of_peak(const Step& step) const {
  for (const Peak& peak : peaks) {
    if (peak.threads == step.threads) return step.flop / step.median() / peak.flop_per_second;
  }
  return 0;
}

Measured measure_machine(const Plan& plan) {
  const ThreadsAsBefore restore;
  if (plan.threads > 0) at::set_num_threads(static_cast<int>(plan.threads));
  return Machine(plan).measure();
}

}  // namespace fcclip::measure
