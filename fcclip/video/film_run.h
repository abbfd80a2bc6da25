#pragma once
// Films through one model: frames are decoded ahead, drawn and written behind the network, in
// memory that does not grow with their number.

#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "fcclip/runs/ordered_work.h"
#include "fcclip/video/film_ledger.h"
#include "fcclip/video/film_plan.h"

namespace fcclip::video {

/// Told of a run; what it throws ends the run.
class FilmListener {
 public:
  virtual ~FilmListener() = default;
  /// Of a film, before its first frame and after each; total: about how many will come.
  virtual void counted(const std::string& film, int64_t done, std::optional<int64_t> total) = 0;
  /// The frame's JSON, in order, from any thread.
  virtual void answered(const std::string& line) = 0;
  /// A film is done and its files are there; `encoder`: of the overlay.
  virtual void finished(const TrackBook& book) = 0;
  /// What people should know: a film that ends in the middle, one of several that failed.
  virtual void noted(const std::string& line) = 0;
  virtual bool wants_stop() const = 0;
};

class FilmRun {
 public:
  /// Throws Error{invalid_argument} for two films of one name, for files that are there already
  /// (FilmLedger), and for another task than panoptic. `segmenter`, `vocabulary` and `listener`
  /// must outlive the run.
  FilmRun(const segmenter::Segmenter& segmenter, const segmenter::PreparedVocabulary& vocabulary,
          FilmPlan plan, FilmListener& listener);

  /// Throws what ended it: Error{interrupted} where the listener wanted to stop, what is wrong with
  /// the only film, Error{partial_failure} where others were done. Frames that were answered before
  /// are in the files, which are whole.
  void work();

  const FilmCount& count() const { return count_; }
  /// The list of all films is left to a shard that is still at work.
  bool sums_are_to_come() const { return sums_are_to_come_; }

 private:
  struct Going;

  std::unique_ptr<FrameSource> open(const std::filesystem::path& film) const;
  void run_films();
  std::exception_ptr try_film(const std::filesystem::path& film);
  void run_film(const std::filesystem::path& film);
  bool run_frames(Going& going, runs::OrderedWork& writers);
  void hand_over(Going& going, AnsweredFrame answered, runs::OrderedWork& writers);
  AnsweredFrame answer(Frame frame, Tracker& tracker) const;
  void sum_up();
  [[noreturn]] void fail_stopped() const;

  const segmenter::Segmenter& segmenter_;
  const segmenter::PreparedVocabulary& vocabulary_;
  const FilmPlan plan_;
  FilmListener& listener_;
  FilmLook look_;
  FilmLedger ledger_;
  FilmCount count_;
  std::exception_ptr last_failure_;
  bool sums_are_to_come_ = false;
};

}  // namespace fcclip::video
