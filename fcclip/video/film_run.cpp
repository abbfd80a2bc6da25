#include "fcclip/video/film_run.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/boundary.h"
#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/core/loader.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/runs/run_files.h"
#include "fcclip/runs/segment_run.h"
#include "fcclip/runs/threads_beside.h"
#include "fcclip/video/observe.h"

namespace fcclip::video {
namespace {

namespace fs = std::filesystem;

// Frames that wait to be drawn and written hold at most so much; a larger one waits alone.
constexpr int64_t kWaitingBytes = int64_t{128} << 20;
// Of a pixel of an overlay that waits for its turn in the film.
constexpr int64_t kOverlayBytes = 3;
// Decoded frames that wait for the network.
constexpr int64_t kAhead = 3;

void check_names(const std::vector<fs::path>& films) {
  std::set<std::string> names;
  for (const fs::path& film : films) {
    if (names.insert(film_name(film)).second) continue;
    fail(ErrorCode::invalid_argument, "two films are named ", film_name(film),
         ", and so would be their results; run them one by one with two folders");
  }
}

const FilmPlan& checked(const FilmPlan& plan) {
  if (plan.ask.task != results::Task::panoptic) {
    fail(ErrorCode::invalid_argument, "films have panoptic results, not ",
         results::task_name(plan.ask.task), " ones");
  }
  if (plan.views == segmenter::Views::multiscale) {
    fail(ErrorCode::invalid_argument, "films are seen in one size; average with the mirror image");
  }
  check_names(plan.films);
  return plan;
}

}  // namespace

/// A film on its way.
struct FilmRun::Going {
  std::string name;
  FilmPlace place;
  FrameSource& source;
  FilmFiles& files;
};

FilmRun::FilmRun(const segmenter::Segmenter& segmenter,
                 const segmenter::PreparedVocabulary& vocabulary, FilmPlan plan,
                 FilmListener& listener)
    : segmenter_(segmenter),
      vocabulary_(vocabulary),
      plan_(std::move(plan)),
      listener_(listener),
      look_{vocabulary.vocabulary, plan_.overlay},
      ledger_(checked(plan_), vocabulary) {}

std::unique_ptr<FrameSource> FilmRun::open(const fs::path& film) const {
  if (fs::is_directory(film)) {
    return open_frames_folder(film, plan_.range, plan_.folder_rate, plan_.reading);
  }
  return open_film(film, plan_.range);
}

AnsweredFrame FilmRun::answer(Frame frame, Tracker& tracker) const {
  const Progress go_on = [this](int64_t, int64_t) { return !listener_.wants_stop(); };
  const segmenter::EncodedPicture encoded =
      segmenter::encode_picture(segmenter_, frame.rgb, plan_.views, plan_.size, go_on);
  segmenter::AskOptions options = plan_.ask;
  options.progress = go_on;
  AnsweredFrame answered{std::move(frame),
                         segmenter::ask_picture(segmenter_, encoded, vocabulary_, options)};
  if (plan_.linked) {
    rename_segments(answered.answer, tracker.next(observe(encoded.image, answered.answer)));
  }
  return answered;
}

void FilmRun::hand_over(Going& going, AnsweredFrame answered, runs::OrderedWork& writers) {
  int64_t bytes = answered.bytes();
  if (going.place.outputs.contains(FilmOutput::overlay)) {
    const at::Tensor& rgb = answered.frame.rgb;
    const Size drawn = draw::overlay_size({rgb.size(0), rgb.size(1)}, look_.style.options);
    bytes += kOverlayBytes * drawn.height * drawn.width;
  }
  const auto shared = std::make_shared<AnsweredFrame>(std::move(answered));
  writers.add(
      [this, &going, shared]() -> runs::OrderedWork::Finish {
        const auto drawn = std::make_shared<DrawnFrame>(draw_frame(*shared, going.place, look_));
        return [this, &going, drawn] {
          const std::string line = drawn->line;
          going.files.add(std::move(*drawn));
          listener_.answered(line);
          listener_.counted(going.name, std::ssize(going.files.book().frames()),
                            going.source.facts().frames);
        };
      },
      bytes);
}

// Whether all of them were answered.
bool FilmRun::run_frames(Going& going, runs::OrderedWork& writers) {
  Tracker tracker(plan_.tracker);
  Loader<std::optional<Frame>> frames([&](int64_t) { return going.source.next(); }, 0, {1, kAhead});
  while (!listener_.wants_stop()) {
    std::optional<Frame> frame = frames.next();
    if (!frame) return true;
    hand_over(going, answer(std::move(*frame), tracker), writers);
  }
  return false;
}

// Whatever ends a film, what was answered before is written first.
void FilmRun::run_film(const fs::path& film) {
  const std::unique_ptr<FrameSource> source = open(film);
  const FilmPlace place = ledger_.place_of(film);
  FilmFiles files(place, source->facts().frames_per_second, plan_.linked,
                  [this]() -> runs::OutputFolder& { return ledger_.folder(); });
  Going going{place.film, place, *source, files};
  listener_.counted(place.film, 0, source->facts().frames);
  if (const std::string remark = ledger_.remark(film); !remark.empty()) listener_.noted(remark);
  ledger_.clear(film);
  std::exception_ptr error;
  bool whole = false;
  {
    runs::OrderedWork writers(runs::threads_beside().behind, kWaitingBytes);
    try {
      whole = run_frames(going, writers);
    } catch (const runs::OrderedWork::Stopped&) {
    } catch (...) {
      error = std::current_exception();
    }
    writers.finish();
  }
  files.finish(vocabulary_.vocabulary);
  const int64_t frames = std::ssize(files.book().frames());
  count_.frames += frames;
  if (frames > 0) {
    ledger_.ended(film, files.written(), whole && !error);
    listener_.finished(files.book());
  }
  if (const std::string remark = source->remark(); !remark.empty()) listener_.noted(remark);
  if (error) std::rethrow_exception(error);
  if (frames == 0 && !listener_.wants_stop()) {
    fail(ErrorCode::bad_format, film.string(), ": no frames in it, or none in the part asked for");
  }
  if (whole) ++count_.done;
}

// Nothing, or what was wrong with the film; an interruption is thrown.
std::exception_ptr FilmRun::try_film(const fs::path& film) {
  try {
    run_film(film);
  } catch (const std::exception& error) {
    if (is_interruption(error) && listener_.wants_stop()) return {};
    if (is_interruption(error)) throw;
    ++count_.failed;
    ledger_.failed(film, error.what());
    return std::current_exception();
  }
  return {};
}

void FilmRun::run_films() {
  std::vector<fs::path> films;
  for (size_t i = 0; i < plan_.films.size(); ++i) {
    if (plan_.shard.takes(static_cast<int64_t>(i))) films.push_back(plan_.films[i]);
  }
  count_.films = std::ssize(films);
  ledger_.record("running", count_);
  for (const fs::path& film : films) {
    if (listener_.wants_stop()) return;
    if (ledger_.skips(film)) {
      ++count_.skipped;
      continue;
    }
    const std::exception_ptr failure = try_film(film);
    if (!failure) continue;
    last_failure_ = failure;
    if (films.size() == 1) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      listener_.noted(error.what());
    }
  }
}

// A shard's record comes first: so at least the last one to finish sees that all are complete.
void FilmRun::sum_up() {
  if (!plan_.shard.is_all() && ledger_.sums_up()) {
    ledger_.record("complete", count_);
    sums_are_to_come_ = !ledger_.all_complete();
    if (sums_are_to_come_) return;
  }
  ledger_.write_list();
  ledger_.record("complete", count_);
}

void FilmRun::fail_stopped() const {
  const bool going_on = !plan_.outputs.empty() && !plan_.settings.is_null();
  fail(ErrorCode::interrupted, "stopped after ", counted(count_.frames, "frame", "frames"),
       plan_.outputs.empty() ? "" : "; their results are written",
       going_on ? ", and the same command with --resume leaves out the films that are finished"
                : "");
}

void FilmRun::work() {
  try {
    run_films();
    if (listener_.wants_stop()) {
      if (plan_.shard.is_all()) ledger_.write_list();
      fail_stopped();
    }
    sum_up();
  } catch (const std::exception& error) {
    ledger_.record(runs::status_of_end(error), count_);
    throw;
  }
  if (count_.films == 1 && last_failure_) std::rethrow_exception(last_failure_);
  if (count_.failed > 0) {
    fail(ErrorCode::partial_failure, count_.failed, " of ", count_.films,
         " films failed; the reasons are above");
  }
}

}  // namespace fcclip::video
