#include "apps/segment_video.h"

#include <iostream>
#include <memory>

#include "fcclip/cli/failure.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/runs/inputs.h"
#include "fcclip/runs/output_folder.h"
#include "fcclip/runs/run_record.h"
#include "fcclip/video/film_run.h"
#include "fcclip/words/templates.h"

namespace fcclip::apps {
namespace {

// Often enough that memory stays, seldom enough that it costs nothing.
constexpr int64_t kFramesOfKeptMemory = 200;

class FilmReporter final : public video::FilmListener {
 public:
  explicit FilmReporter(const VideoRequest& request) : request_(request) {}

  void counted(const std::string& film, int64_t done, std::optional<int64_t> total) override {
    if (done % kFramesOfKeptMemory == 0) give_back_freed_memory();
    if (done == 0) bar_ = std::make_unique<cli::ProgressBar>(film, total.value_or(0), "frames");
    if (bar_) bar_->update(done);
  }

  void answered(const std::string& line) override {
    if (!request_.json) return;
    if (bar_) bar_->clear();
    std::cout << line << std::endl;
    cli::check_standard_output();
  }

  void finished(const video::TrackBook& book) override {
    bar_.reset();
    if (request_.json || request_.quiet) return;
    std::cout << cli::visible_text(book.film()) << ": "
              << fcclip::counted(std::ssize(book.frames()), "frame", "frames") << ", "
              << fcclip::counted(book.things(), "thing", "things")
              << (request_.video.separate_ids ? " at most in a frame" : "") << '\n';
  }

  void noted(const std::string& line) override {
    if (bar_) bar_->clear();
    std::cerr << "fcclip: " << cli::visible_text(line) << '\n';
  }

  bool wants_stop() const override { return cli::stop_signal(); }

 private:
  const VideoRequest& request_;
  std::unique_ptr<cli::ProgressBar> bar_;
};

video::FilmPlan film_plan(const VideoRequest& request) {
  video::FilmPlan plan;
  for (const std::string& input : request.inputs) {
    if (input == "-") {
      fail(ErrorCode::invalid_argument, "a film can't come from standard input; name its file");
    }
    plan.films.emplace_back(runs::expand_home(input));
  }
  plan.folder = runs::expand_home(request.folder);
  plan.outputs = video::parse_film_outputs(request.write);
  plan.shard = request.shard.value_or(Shard());
  plan.resume = request.resume;
  plan.overwrite = request.overwrite;
  plan.linked = !request.video.separate_ids;
  plan.range = frame_range(request.video);
  plan.folder_rate = request.video.fps;
  plan.reading = read_options(request.picture);
  plan.overlay = overlay_style(request.overlay);
  plan.size = encode_size(request.ask);
  plan.views = segmenter::views_named(request.ask.views).value();
  if (!plan.outputs.empty()) runs::check_output_folder(plan.folder);
  return plan;
}

// What the record says of a run, and by which a later one knows that it would answer the same.
nlohmann::json film_settings(const VideoRequest& request, const video::FilmPlan& plan,
                             const classify::Vocabulary& question) {
  runs::RunSettings settings;
  settings.model = find_model(request.model.model);
  settings.questions = {question};
  settings.templates = words::load_templates(request.words.templates);
  settings.ask = plan.ask;
  settings.size = plan.size;
  settings.views = plan.views;
  settings.products = ops::products_named(request.model.dtype, parse_device(request.model.device));
  settings.reading = read_record(request.picture);
  if (plan.outputs.contains(video::FilmOutput::overlay)) settings.drawing = plan.overlay.record();
  return runs::settings_json(settings);
}

void say_film_totals(const VideoRequest& request, const video::FilmRun& run) {
  if (run.sums_are_to_come() && !request.quiet) {
    std::cerr << "shard " << request.shard->text() << " is done; the last one to finish sums up\n";
  }
  if (run.count().skipped > 0 && !request.json) {
    std::cout << run.count().skipped << " already written, skipped\n";
  }
}

// What can be found out before the model is loaded.
void check_films(const video::FilmPlan& plan) {
  for (const std::filesystem::path& film : plan.films) {
    if (!std::filesystem::exists(film)) {
      fail(ErrorCode::not_found, "can't open ", film.string(), ": no such file");
    }
    if (!std::filesystem::is_directory(film)) video::film_library();
  }
  if (plan.outputs.contains(video::FilmOutput::overlay)) video::film_library();
}

}  // namespace

void segment_video(const VideoRequest& request) {
  keep_freed_memory();
  video::FilmPlan plan = film_plan(request);
  check_films(plan);
  const model::Config config = model_config(request.model);
  std::vector<classify::Vocabulary> questions = load_questions(request.words, config);
  if (questions.size() > 1) {
    fail(ErrorCode::invalid_argument, "one question is asked of a film, not ", questions.size(),
         "; put all words into one -c or -v");
  }
  const std::vector<ShownObject> shown = read_examples(request.example);
  tell_bundled_model(request.model, config, questions);
  const segmenter::Segmenter segmenter = load_segmenter(request.model);
  show_examples(segmenter, shown, questions, !request.words.questions.empty(),
                [](LogLevel, const std::string& line) {
                  std::cerr << "fcclip: " << cli::visible_text(line) << '\n';
                });
  plan.ask = ask_options(request.ask, segmenter);
  const segmenter::PreparedVocabulary vocabulary =
      segmenter.prepare(questions.front(), cli::bar_until_stopped("reading words", "words"),
                        words::load_templates(request.words.templates));
  plan.settings = film_settings(request, plan, questions.front());
  FilmReporter reporter(request);
  const std::filesystem::path folder = plan.folder;
  const bool writes = !plan.outputs.empty();
  video::FilmRun run(segmenter, vocabulary, std::move(plan), reporter);
  cli::announce_stop("stopping; again to stop now");
  cli::stop_signal();  // from here on a signal ends the run after the frame
  cli::outlive_closed_pipe();
  run.work();
  say_film_totals(request, run);
  if (writes && !request.json && !request.quiet) std::cout << "-> " << folder.string() << '\n';
}

}  // namespace fcclip::apps
