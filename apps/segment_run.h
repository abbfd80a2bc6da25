#pragma once
// One run of `fcclip segment`: the model and the questions are made ready once, then picture after
// picture.

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/inputs.h"
#include "apps/ordered_work.h"
#include "apps/output_folder.h"
#include "apps/outputs.h"
#include "apps/overlay_flags.h"
#include "apps/picture_flags.h"
#include "apps/picture_reporter.h"
#include "apps/picture_work.h"
#include "apps/segment_options.h"
#include "apps/stopwatch.h"

namespace fcclip::apps {

struct SegmentFlags {
  std::vector<std::string> inputs;
  std::string output_folder = "out", write, only;
  double tolerance_px = 1;
  bool json = false, resume = false, overwrite = false, quiet = false;
  ModelFlags model;
  WordFlags words;
  AskFlags ask;
  PictureFlags picture;
  OverlayFlags overlay;
};

/// While the network works on one picture, the next is decoded and the last ones are drawn and
/// written by other threads; what is told keeps the pictures' order.
class SegmentRun {
 public:
  /// `flags` must outlive the run. Throws whatever stands in the way of every picture: no input, no
  /// model, no words, a folder that can't be written in.
  explicit SegmentRun(const SegmentFlags& flags);

  /// Number of pictures that failed, each told on standard error. Throws Error{interrupted} after a
  /// signal.
  int64_t work();

  int64_t total() const { return std::ssize(pictures_); }

 private:
  struct Decoded {
    at::Tensor rgb;
    double seconds = 0;
    std::vector<std::string> warnings = {};  ///< of a picture not read as it is stored
  };

  void prepare(const classify::Vocabulary& question, const std::vector<std::string>& templates);
  void open_folder();
  void plan();
  void run_pictures();
  Decoded decode(const InputPicture& picture) const;
  Decoded decode_now(const InputPicture& picture) const;
  void answer(size_t index, const Decoded& decoded, OrderedWork& writers);
  void hand_over(PictureAnswers answers, const PictureQuestion& question, OrderedWork& writers);
  void hand_over_failure(const InputPicture& picture, const std::exception& error,
                         OrderedWork& writers);
  std::filesystem::path stem(const InputPicture& picture, size_t question) const;
  void summarise();
  void write_tables();
  bool is_summarised(const InputPicture& picture, size_t question) const;
  void record(const std::string& status);
  void say_totals() const;

  const SegmentFlags& flags_;
  const std::filesystem::path output_path_;
  const image::ReadOptions read_;
  const OverlayStyle overlay_;
  std::vector<InputPicture> pictures_;
  std::vector<std::string> notes_;
  std::vector<size_t> todo_;   ///< positions in pictures_ that this run works on
  std::vector<bool> changed_;  ///< by position: finished before, with other settings
  Stopwatch watch_;            ///< of what comes before the first picture, then of pictures
  std::vector<classify::Vocabulary> asked_;  ///< until they are prepared
  std::vector<std::string> templates_;
  Segmenter segmenter_;
  bool before_told_ = false;
  double waited_ = 0;  ///< seconds that the network could not work
  Timing before_;      ///< loading and words
  PictureOutput output_;
  std::vector<PreparedVocabulary> questions_;
  nlohmann::json settings_, circumstances_;
  int64_t words_cached_ = 0, words_computed_ = 0;
  std::optional<OutputFolder> folder_;
  std::optional<PictureReporter> reporter_;
};

}  // namespace fcclip::apps
