#pragma once
// Films through one model: frames are decoded ahead, drawn and written behind the network, in
// memory that does not grow with their number.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fcclip/runs/ordered_work.h"
#include "fcclip/segmenter/views.h"
#include "fcclip/video/film_files.h"
#include "fcclip/video/tracker.h"

namespace fcclip::video {

/// What a run does.
struct FilmPlan {
  std::vector<std::filesystem::path> films;  ///< files, cameras, and folders of frames
  std::filesystem::path folder;              ///< for results
  std::set<FilmOutput> outputs;
  bool overwrite = false;
  bool linked = true;  ///< false: ids are the segments' places in their own frame
  FrameRange range;
  double folder_rate = 25;     ///< frames a second of folders
  image::ReadOptions reading;  ///< of folders' pictures
  outputs::OverlayStyle overlay;
  segmenter::AskOptions ask;  ///< panoptic
  segmenter::EncodeSize size;
  segmenter::Views views = segmenter::Views::one;
  TrackerOptions tracker;
};

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

/// The name of a film's files: of the file without its ending, of a folder, of a camera.
std::string film_name(const std::filesystem::path& film);

class FilmRun {
 public:
  /// Throws Error{invalid_argument} for two films of one name, for files that are there already
  /// without `overwrite`, and for another task than panoptic. `segmenter`, `vocabulary` and
  /// `listener` must outlive the run.
  FilmRun(const segmenter::Segmenter& segmenter, const segmenter::PreparedVocabulary& vocabulary,
          FilmPlan plan, FilmListener& listener);

  /// Throws what ended it: Error{interrupted} where the listener wanted to stop, what is wrong with
  /// the only film, Error{partial_failure} where others were done. Frames that were answered before
  /// are in the files, which are whole.
  void work();

 private:
  struct Going;

  std::unique_ptr<FrameSource> open(const std::filesystem::path& film) const;
  FilmPlace place_of(const std::filesystem::path& film) const;
  void run_film(const std::filesystem::path& film);
  void run_frames(Going& going, runs::OrderedWork& writers);
  void hand_over(Going& going, AnsweredFrame answered, runs::OrderedWork& writers);
  AnsweredFrame answer(Frame frame, Tracker& tracker) const;
  void write_panoptic() const;

  const segmenter::Segmenter& segmenter_;
  const segmenter::PreparedVocabulary& vocabulary_;
  FilmPlan plan_;
  FilmListener& listener_;
  FilmLook look_;
  std::vector<TrackBook> books_;
};

}  // namespace fcclip::video
