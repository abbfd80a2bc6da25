#pragma once
// A run over pictures that are taken in windows: its folder, its record, what was answered before.

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/runs/segment_run.h"
#include "fcclip/tiles/segment_windows.h"

namespace fcclip::tiles {

/// A question's answer for one picture.
struct WindowsAnswer {
  const runs::InputPicture& picture;
  const WindowsDone& done;
  size_t question = 0;         ///< from 0
  std::filesystem::path stem;  ///< of its files
  double seconds = 0;          ///< for all questions of the picture
};

/// Told of a run, from its own thread; what it throws ends the run.
class TiledListener {
 public:
  virtual ~TiledListener() = default;
  /// Words of the questions ("reading words") or windows of a picture ("segmenting"): whoever counts
  /// them shows it, and says whether to go on.
  virtual Progress counting(const std::string& what, const std::string& unit) = 0;
  virtual void answered(const WindowsAnswer& answer) = 0;
  /// The line that failure_line made.
  virtual void failed(const std::string& line) = 0;
  virtual void warned(const std::string& message) = 0;
  virtual std::string failure_line(const std::exception& error,
                                   const runs::InputPicture& picture) const = 0;
};

class TiledRun {
 public:
  /// Throws Error{invalid_argument} for what windows don't have: a place, best words, several sizes,
  /// standard input. `segmenter`, `plan` and `listener` must outlive the run.
  ///   beside_whole  the same command has a run over pictures that are seen as a whole, whose record
  ///                 is run.json: this one's is then run.windows.json
  TiledRun(const segmenter::Segmenter& segmenter, const runs::SegmentPlan& plan,
           const TileOptions& tiles, TiledListener& listener, bool beside_whole = false);

  /// The shard's part of the pictures, one after another. What one of them fails by is told and
  /// counted. Throws Error{interrupted}, and Error{invalid_argument} for kinds of output that windows
  /// don't have.
  runs::RunCount work();

 private:
  void try_picture(const runs::InputPicture& picture);
  void segment(const runs::InputPicture& picture);
  void finish(const runs::InputPicture& picture, const WindowsDone& done, double seconds);
  bool finished_before(const runs::InputPicture& picture) const;
  WindowJob job_of(const runs::InputPicture& picture);
  std::vector<std::filesystem::path> stems(const runs::InputPicture& picture) const;
  void record(const std::string& status);
  std::vector<std::string> record_names() const;

  const segmenter::Segmenter& segmenter_;
  const runs::SegmentPlan& plan_;
  const TileOptions tiles_;
  TiledListener& listener_;
  const bool beside_whole_;
  std::vector<size_t> todo_;  ///< positions in plan_.pictures that this run works on
  nlohmann::json settings_, circumstances_, failures_ = nlohmann::json::array();
  std::string id_;  ///< of the settings
  runs::Timing before_;
  runs::Stopwatch watch_;
  int64_t windows_ = 0;
  std::optional<runs::OutputFolder> folder_;  ///< where anything is written
  std::vector<segmenter::PreparedVocabulary> questions_;
  runs::RunCount count_;
};

}  // namespace fcclip::tiles
