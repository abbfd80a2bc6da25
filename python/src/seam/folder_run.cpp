#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "fcclip/api/answers.h"
#include "fcclip/api/ask_options.h"
#include "fcclip/api/model.h"
#include "fcclip/api/pixels.h"
#include "fcclip/api/words.h"
#include "fcclip/core/boundary.h"
#include "fcclip/core/device.h"
#include "fcclip/runs/segment_run.h"
#include "python/src/seam/seam.h"

namespace fcclip::seam {
namespace {

// Answers that nobody has taken yet hold memory; the run waits for the reader.
constexpr size_t kWaitingEvents = 4;

segmenter::AskOptions ask_of(const segmenter::Segmenter& segmenter, const FolderPlan& plan) {
  segmenter::AskOptions own = filled(segmenter, plan.ask);
  own.min_score = plan.min_score.value_or(0);
  own.min_instance_score = plan.min_score.value_or(kUsualInstanceScore);
  return own;
}

runs::SegmentPlan run_plan_of(const segmenter::Segmenter& segmenter, const FolderPlan& plan,
                              std::vector<std::string>& notes) {
  runs::SegmentPlan out;
  out.folder = runs::expand_home(plan.output);
  out.write = plan.write;
  out.resume = plan.resume;
  out.overwrite = plan.overwrite;
  out.rendering.tolerance_px = plan.tolerance_px;
  out.rendering.overlay.options.font_folder = plan.fonts;
  runs::InputList list = runs::expand_inputs(plan.inputs, out.folder);
  out.pictures = std::move(list.pictures);
  notes = std::move(list.notes);
  if (!plan.shard.empty()) out.shard = shard_of(plan.shard);
  const bool writes =
      !runs::wanted_outputs(plan.write, static_cast<results::Task>(plan.ask.task)).kinds.empty();
  if (writes && plan.output.empty()) {
    fail(ErrorCode::invalid_argument, "output is needed: a folder for what is written");
  }
  if (writes) runs::check_output_folder(out.folder);
  out.settings.products = segmenter.products();
  out.settings.model = plan.model;
  out.settings.templates = plan.templates;
  out.settings.questions = {vocabulary_of(plan.words)};
  out.settings.ask = ask_of(segmenter, plan);
  out.settings.size = {plan.short_side_px, plan.max_side_px};
  return out;
}

// One worker a device. The model itself is the first that is its own; the words come from the first worker of all.
std::vector<segmenter::Segmenter> workers_of(const Model::Loaded& loaded, const FolderPlan& plan) {
  if (plan.devices.empty()) return {loaded.segmenter};
  std::vector<segmenter::Segmenter> workers;
  bool used = false;
  for (const std::string& device : list_devices(plan.devices)) {
    const bool is_own = !used && with_index(parse_device(device)) == loaded.segmenter.device();
    used = used || is_own;
    segmenter::SegmenterOptions options = loaded.segmenter.options();
    options.device = device;
    options.record_graph = {};  // that device's own
    workers.push_back(is_own ? loaded.segmenter : segmenter::Segmenter::load(plan.model, options));
  }
  return workers;
}

}  // namespace

struct FolderRun::Work final : runs::SegmentListener {
  explicit Work(std::vector<segmenter::Segmenter> of) : workers(std::move(of)) {}

  void reading_words(int64_t, int64_t) override {}
  void counted(const runs::RunCount& now) override {
    const std::scoped_lock lock(mutex);
    count = {now.pictures, now.done, now.failed, now.skipped};
  }
  void answered(const runs::PictureAnswers& answers, const runs::WrittenAnswers& written,
                size_t) override {
    FolderEvent event{FolderEvent::Kind::answer, answers.picture.shown()};
    results::Segmentation copy = answers.by_task.at(asked);
    event.answer = answer_of(std::move(copy));
    event.picture = picture_of(answers.rgb);
    for (const auto& file : written.files) event.files.push_back(file.string());
    for (const auto& file : written.kept) event.kept.push_back(file.string());
    give(std::move(event));
  }
  void failed(const runs::InputPicture& picture, const std::string& line) override {
    give({FolderEvent::Kind::failure, picture.shown(), line});
  }
  void warned(const std::string& message) override { give({FolderEvent::Kind::note, "", message}); }
  void kept(const std::filesystem::path& file) override {
    give({FolderEvent::Kind::note, "",
          file.string() +
              ": kept, since fcclip did not write it as it is; overwrite=True replaces it"});
  }
  void ending() override {}
  std::string failure_line(const std::exception& error,
                           const runs::InputPicture& picture) const override {
    const std::string message = as_error(error).what();
    const bool named = message.find(picture.shown()) != std::string::npos;
    return named ? message : picture.shown() + ": " + message;
  }
  bool wants_stop() const override { return stopping; }

  void give(FolderEvent event) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return events.size() < kWaitingEvents || stopping; });
    if (stopping) return;
    events.push_back(std::move(event));
    changed.notify_all();
  }

  void run(runs::SegmentPlan plan) {
    try {
      runs::SegmentRun(workers, std::move(plan), *this).work();
    } catch (...) {
      const std::scoped_lock lock(mutex);
      error = std::current_exception();
    }
    const std::scoped_lock lock(mutex);
    over = true;
    changed.notify_all();
  }

  const std::vector<segmenter::Segmenter> workers;
  results::Task asked = results::Task::panoptic;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<FolderEvent> events;
  FolderCount count;
  std::exception_ptr error;
  std::atomic<bool> stopping = false;
  bool over = false;
  std::thread thread;
};

FolderRun::FolderRun(const Model& model, FolderPlan plan)
    : work_(translating_errors(
          [&] { return std::make_unique<Work>(workers_of(*model.loaded(), plan)); })) {
  translating_errors([&] {
    std::vector<std::string> notes;
    runs::SegmentPlan of_run = run_plan_of(work_->workers.front(), plan, notes);
    work_->asked = of_run.settings.ask.task;
    for (std::string& note : notes)
      work_->events.push_back({FolderEvent::Kind::note, "", std::move(note)});
    work_->thread = std::thread([work = work_.get(), of_run = std::move(of_run)]() mutable {
      work->run(std::move(of_run));
    });
  });
}

FolderRun::~FolderRun() {
  stop();
  if (work_->thread.joinable()) work_->thread.join();
}

std::optional<FolderEvent> FolderRun::next(double seconds) {
  std::unique_lock lock(work_->mutex);
  work_->changed.wait_for(lock, std::chrono::duration<double>(seconds),
                          [&] { return !work_->events.empty() || work_->over; });
  if (!work_->events.empty()) {
    FolderEvent event = std::move(work_->events.front());
    work_->events.pop_front();
    work_->changed.notify_all();
    return event;
  }
  if (!work_->error) return {};
  return translating_errors([&]() -> std::optional<FolderEvent> {
    std::rethrow_exception(std::exchange(work_->error, nullptr));
  });
}

bool FolderRun::ended() const {
  const std::scoped_lock lock(work_->mutex);
  return work_->over && work_->events.empty() && !work_->error;
}

void FolderRun::stop() {
  const std::scoped_lock lock(work_->mutex);
  work_->stopping = true;
  work_->changed.notify_all();
}

FolderCount FolderRun::count() const {
  const std::scoped_lock lock(work_->mutex);
  return work_->count;
}

}  // namespace fcclip::seam
