#pragma once
// Tells about pictures in their order, and counts them.

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/picture_work.h"
#include "apps/progress_bar.h"
#include "apps/run_report.h"

namespace fcclip::apps {

struct ReporterOptions {
  bool json = false;   ///< an object a picture and question on standard output
  bool quiet = false;  ///< no tables
  results::Task asked = results::Task::panoptic;  ///< whose answer is told
  OutputFolder* folder = nullptr;                 ///< null when nothing is written
  std::string run;                                ///< id of the settings, for the folder's list
};

/// One question of a picture on its way through the run.
struct PictureQuestion {
  size_t number = 0;     ///< from 0
  bool last = true;      ///< no other question of this picture follows
  bool changed = false;  ///< finished by an earlier run with other settings
};

/// Not for several threads at once.
class PictureReporter {
 public:
  PictureReporter(ReporterOptions options, int64_t pictures);

  /// Throws Error{io_failure} when nobody can read what is told and nothing else is made.
  void answered(const PictureAnswers& answers, const WrittenAnswers& written,
                const PictureQuestion& question);
  void failed(const InputPicture& picture, const std::string& line);
  /// Finished by an earlier run.
  void skipped(int64_t pictures);
  /// A line on standard error, above the bar.
  void note(const std::string& line);
  void kept(const std::filesystem::path& file);
  /// What is wrong with the machine, not with the picture, is told once.
  void warn(const InputPicture& picture, const std::string& message);
  void close() { progress_.clear(); }

  const RunCount& count() const { return count_; }
  const Timing& total() const { return total_; }
  const nlohmann::json& failures() const { return failures_; }

 private:
  void print(const PictureAnswers& answers, const WrittenAnswers& written, size_t question);
  void picture_done(const PictureAnswers& answers, const PictureQuestion& question);
  void check_output() const;

  ReporterOptions options_;
  ProgressBar progress_;
  RunCount count_;
  Timing total_;
  nlohmann::json failures_ = nlohmann::json::array();
  const InputPicture* failed_ = nullptr;  ///< the last one that did
  std::vector<std::string> current_files_;
  std::set<std::string> told_;
};

/// Size and time of a picture's file, to know it again; empty for standard input.
std::string file_state(const InputPicture& picture);

}  // namespace fcclip::apps
