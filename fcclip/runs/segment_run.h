#pragma once
// Many pictures through one model: made ready once, then picture after picture, with files that an
// interrupted run can go on from.

#include <atomic>
#include <exception>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/core/shard.h"
#include "fcclip/core/shared_loader.h"
#include "fcclip/image/read_options.h"
#include "fcclip/ops/upload.h"
#include "fcclip/outputs/output_kinds.h"
#include "fcclip/runs/inputs.h"
#include "fcclip/runs/ordered_work.h"
#include "fcclip/runs/output_folder.h"
#include "fcclip/runs/picture_work.h"
#include "fcclip/runs/run_record.h"
#include "fcclip/runs/run_times.h"
#include "fcclip/runs/stopwatch.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::runs {

/// What a run does.
struct SegmentPlan {
  std::vector<InputPicture> pictures;  ///< of all shards
  Shard shard = {};                    ///< the part that this run works on
  std::filesystem::path folder;        ///< for results
  std::string write;       ///< kinds, as outputs::parse_output_kinds takes them; empty: usual
  bool resume = false;     ///< leave what an earlier run finished with the same settings
  bool overwrite = false;  ///< also replace files of others
  image::ReadOptions reading;
  outputs::RenderOptions rendering;
  RunSettings settings;     ///< model, questions, thresholds …; drawing is set by the run
  double load_seconds = 0;  ///< spent before the run
  int64_t workers =
      0;  ///< pictures that each segmenter works on at once; 0: as many as fill its device
};

/// Told of a run, one call at a time and of pictures in their order. What it throws ends the run.
class SegmentListener {
 public:
  virtual ~SegmentListener() = default;

  /// Words of the questions, as Segmenter::prepare reports them.
  virtual void reading_words(int64_t done, int64_t total) = 0;
  /// After each picture, and once before the first.
  virtual void counted(const RunCount& count) = 0;
  /// One question (from 0) of one picture is answered, its files are written.
  virtual void answered(const PictureAnswers& answers, const WrittenAnswers& written,
                        size_t question) = 0;
  virtual void failed(const InputPicture& picture, const std::string& line) = 0;
  /// What is wrong with the machine, not with the picture, comes once.
  virtual void warned(const std::string& message) = 0;
  /// Somebody else's file, which stays.
  virtual void kept(const std::filesystem::path& file) = 0;
  /// The pictures are done; sums and tables are written next.
  virtual void ending() = 0;
  /// One line about a picture's failure. From any thread.
  virtual std::string failure_line(const std::exception& error,
                                   const InputPicture& picture) const = 0;
  /// Whether to end: at the next stage of the picture that the network works on, which is left out.
  /// From any thread.
  virtual bool wants_stop() const = 0;
};

/// The kinds that `write` asks for of this task.
outputs::WantedOutputs wanted_outputs(const std::string& write, results::Task task);

/// While the network works on one picture, the next is decoded and sent to its device, and the last
/// ones are drawn and written, by other threads. Several segmenters, each on a device, work at once,
/// and on a GPU two pictures, of which one is on the host now and then; a worker takes the picture
/// that is next, and what is told and written stays in the pictures' order.
class SegmentRun {
 public:
  /// Reads the words and opens the folder. `segmenter` and `listener` must outlive the run. Throws
  /// whatever stands in the way of every picture: words, a folder that can't be written in.
  SegmentRun(const segmenter::Segmenter& segmenter, SegmentPlan plan, SegmentListener& listener);
  /// `segmenters`: one or more, of one model file.
  SegmentRun(std::span<const segmenter::Segmenter> segmenters, SegmentPlan plan,
             SegmentListener& listener);

  /// Answers the shard's pictures; the last shard to finish writes sums and tables over all.
  /// Number of pictures that failed. Throws Error{interrupted} when the listener wanted to stop.
  int64_t work();

  const RunCount& count() const { return count_; }
  /// Sums or tables were asked for, and are left to a shard that is still at work.
  bool sums_are_to_come() const { return sums_are_to_come_; }
  /// Loading and words.
  const Timing& before() const { return before_; }
  /// Of all pictures, sums over threads and workers.
  Timing total() const;
  /// From the first picture to the last.
  double seconds() const { return watch_.seconds(); }
  /// Pictures that are worked on at once.
  int64_t workers() const { return std::ssize(segmenters_) * workers_each(); }

 private:
  struct Decoded {
    at::Tensor rgb;
    ops::Upload sent = {};  ///< the same, on its way to the network
    double seconds = 0;
    std::vector<std::string> warnings = {};  ///< of a picture not read as it is stored
  };
  /// One question of a picture on its way through the run.
  struct PictureQuestion {
    size_t number = 0;     ///< from 0
    bool last = true;      ///< no other question of this picture follows
    bool changed = false;  ///< finished by an earlier run with other settings
  };

  /// A segmenter, and the questions on its device.
  struct Worker {
    const segmenter::Segmenter& segmenter;
    std::vector<segmenter::PreparedVocabulary> questions;
  };
  /// A picture that a worker has taken.
  struct Turn {
    int64_t number = 0;  ///< from 0, of those to do
    size_t index = 0;    ///< in plan_.pictures
    Decoded decoded = {};
    std::exception_ptr unread = {};  ///< why it could not be decoded
    size_t given = 0;                ///< answers that went to the writers
  };
  using Queue = SharedLoader<Decoded>;

  int64_t workers_each() const;
  void prepare(const classify::Vocabulary& question);
  void open_folder();
  bool summarises() const;
  void finish_run();
  void choose_pictures();
  void run_pictures();
  void run_worker(const Worker& worker, Queue& queue, OrderedWork& writers);
  /// False: the run is to end.
  bool run_picture(const Worker& worker, Turn& turn, OrderedWork& writers);
  Decoded decode(const InputPicture& picture) const;
  Decoded decode_now(const InputPicture& picture) const;
  void answer(const Worker& worker, Turn& turn, OrderedWork& writers);
  void hand_over(PictureAnswers answers, Turn& turn, OrderedWork& writers);
  void hand_over_failure(const std::exception& error, Turn& turn, OrderedWork& writers);
  /// The turn's next piece of work.
  void give(Turn& turn, OrderedWork::Work work, int64_t bytes, OrderedWork& writers) const;
  void finish_answer(PictureAnswers& answers, const WrittenAnswers& written,
                     const PictureQuestion& question);
  void finish_failure(const InputPicture& picture, const std::string& line);
  void keep(const std::filesystem::path& file);
  std::string suffix(size_t question) const;
  std::filesystem::path stem(const InputPicture& picture, size_t question) const;
  void summarise();
  bool is_summarised(const InputPicture& picture, size_t question) const;
  void record(const std::string& status);

  const std::span<const segmenter::Segmenter> segmenters_;
  const SegmentPlan plan_;
  SegmentListener& listener_;
  std::vector<size_t> todo_;   ///< positions in plan_.pictures that this run works on
  std::vector<bool> changed_;  ///< by position: finished before, with other settings
  Stopwatch watch_;            ///< of what comes before the first picture, then of pictures
  bool before_told_ = false, sums_are_to_come_ = false;
  std::atomic<double> waited_ = 0;  ///< seconds that the network could not work
  Timing before_, total_;
  RunCount count_;
  outputs::WantedOutputs wanted_;
  PictureOutput output_;
  std::vector<segmenter::PreparedVocabulary> questions_;
  nlohmann::json settings_, circumstances_, failures_ = nlohmann::json::array();
  std::string id_;  ///< of the settings
  int64_t words_cached_ = 0, words_computed_ = 0;
  std::optional<OutputFolder> folder_;
  const InputPicture* failed_ = nullptr;  ///< the last one that did
  std::vector<std::string> current_files_;
  std::set<std::string> told_;
};

}  // namespace fcclip::runs
