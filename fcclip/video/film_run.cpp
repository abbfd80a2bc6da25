#include "fcclip/video/film_run.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/counted.h"
#include "fcclip/core/error.h"
#include "fcclip/core/loader.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/runs/segment_run.h"
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

bool was_interrupted(const std::exception& error) {
  const auto* own = dynamic_cast<const Error*>(&error);
  return own != nullptr && own->code() == ErrorCode::interrupted;
}

void check_names(const std::vector<fs::path>& films) {
  std::set<std::string> names;
  for (const fs::path& film : films) {
    if (names.insert(film_name(film)).second) continue;
    fail(ErrorCode::invalid_argument, "two films are named ", film_name(film),
         ", and so would be their results; run them one by one with two folders");
  }
}

}  // namespace

/// A film on its way.
struct FilmRun::Going {
  std::string name;
  FilmPlace place;
  FrameSource& source;
  FilmFiles& files;
};

std::string film_name(const fs::path& film) {
  const fs::path plain = film.has_filename() ? film : film.parent_path();
  if (fs::is_directory(film)) return fs::absolute(plain).lexically_normal().filename().string();
  return plain.stem().string();
}

FilmRun::FilmRun(const segmenter::Segmenter& segmenter,
                 const segmenter::PreparedVocabulary& vocabulary, FilmPlan plan,
                 FilmListener& listener)
    : segmenter_(segmenter),
      vocabulary_(vocabulary),
      plan_(std::move(plan)),
      listener_(listener),
      look_{vocabulary.vocabulary, plan_.overlay} {
  if (plan_.ask.task != results::Task::panoptic) {
    fail(ErrorCode::invalid_argument, "films have panoptic results, not ",
         results::task_name(plan_.ask.task), " ones");
  }
  if (plan_.views == segmenter::Views::multiscale) {
    fail(ErrorCode::invalid_argument, "films are seen in one size; average with the mirror image");
  }
  check_names(plan_.films);
  if (plan_.overwrite || plan_.outputs.empty()) return;
  for (const fs::path& film : plan_.films) check_free(place_of(film));
  const fs::path list = plan_.folder / "panoptic.json";
  if (plan_.outputs.contains(FilmOutput::panoptic) && fs::exists(list)) {
    fail(ErrorCode::invalid_argument, list.string(),
         " is there already; name another folder with -o, or replace it with --overwrite");
  }
}

std::unique_ptr<FrameSource> FilmRun::open(const fs::path& film) const {
  if (fs::is_directory(film)) {
    return open_frames_folder(film, plan_.range, plan_.folder_rate, plan_.reading);
  }
  return open_film(film, plan_.range);
}

FilmPlace FilmRun::place_of(const fs::path& film) const {
  return {plan_.folder, film_name(film), plan_.outputs};
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

void FilmRun::run_frames(Going& going, runs::OrderedWork& writers) {
  Tracker tracker(plan_.tracker);
  Loader<std::optional<Frame>> frames([&](int64_t) { return going.source.next(); }, 0, {1, kAhead});
  while (!listener_.wants_stop()) {
    std::optional<Frame> frame = frames.next();
    if (!frame) return;
    hand_over(going, answer(std::move(*frame), tracker), writers);
  }
}

// Whatever ends a film, what was answered before is written first.
void FilmRun::run_film(const fs::path& film) {
  const std::unique_ptr<FrameSource> source = open(film);
  const FilmPlace place = place_of(film);
  FilmFiles files(place, source->facts().frames_per_second, plan_.linked);
  Going going{place.film, place, *source, files};
  listener_.counted(place.film, 0, source->facts().frames);
  if (plan_.overwrite) remove_maps(place);
  std::exception_ptr error;
  {
    runs::OrderedWork writers(runs::SegmentRun::threads().second, kWaitingBytes);
    try {
      run_frames(going, writers);
    } catch (const runs::OrderedWork::Stopped&) {
    } catch (...) {
      error = std::current_exception();
    }
    writers.finish();
  }
  files.finish(vocabulary_.vocabulary);
  if (!files.book().frames().empty()) {
    books_.push_back(files.book());
    listener_.finished(books_.back());
  }
  if (const std::string remark = source->remark(); !remark.empty()) listener_.noted(remark);
  if (error) std::rethrow_exception(error);
  if (files.book().frames().empty() && !listener_.wants_stop()) {
    fail(ErrorCode::bad_format, film.string(), ": no frames in it, or none in the part asked for");
  }
}

void FilmRun::write_panoptic() const {
  if (!plan_.outputs.contains(FilmOutput::panoptic) || books_.empty()) return;
  io::write_atomically(plan_.folder / "panoptic.json", [this](std::ostream& out) {
    write_video_panoptic(out, books_, vocabulary_.vocabulary);
  });
}

void FilmRun::work() {
  int64_t failed = 0;
  for (const fs::path& film : plan_.films) {
    if (listener_.wants_stop()) break;
    try {
      run_film(film);
    } catch (const std::exception& error) {
      if (was_interrupted(error) && listener_.wants_stop()) break;
      if (was_interrupted(error) || plan_.films.size() == 1) {
        write_panoptic();
        throw;
      }
      ++failed;
      listener_.noted(error.what());
    }
  }
  write_panoptic();
  if (listener_.wants_stop()) {
    int64_t frames = 0;
    for (const TrackBook& book : books_) frames += std::ssize(book.frames());
    fail(ErrorCode::interrupted, "stopped after ", counted(frames, "frame", "frames"),
         plan_.outputs.empty() ? "" : "; their results are written");
  }
  if (failed > 0) {
    fail(ErrorCode::partial_failure, failed, " of ", plan_.films.size(),
         " films failed; the reasons are above");
  }
}

}  // namespace fcclip::video
