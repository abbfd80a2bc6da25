#pragma once
// What `segment` tells of its pictures while it works.

#include <memory>
#include <optional>
#include <string>

#include "fcclip/cli/progress_bar.h"
#include "fcclip/runs/segment_run.h"

namespace fcclip::apps {

struct ReporterOptions {
  bool json = false;                              ///< an object a picture and question
  bool quiet = false;                             ///< no tables
  bool writes = true;                             ///< files are made, whoever reads what is told
  results::Task asked = results::Task::panoptic;  ///< whose answer is told
};

class PictureReporter : public runs::SegmentListener {
 public:
  explicit PictureReporter(const ReporterOptions& options) : options_(options) {}

  /// A line on standard error, above the bar.
  void note(const std::string& line);

  void reading_words(int64_t done, int64_t total) override;
  void counted(const runs::RunCount& count) override;
  /// Throws Error{io_failure} when nobody can read what is told and nothing else is made.
  void answered(const runs::PictureAnswers& answers, const runs::WrittenAnswers& written,
                size_t question) override;
  void failed(const runs::InputPicture& picture, const std::string& line) override;
  void warned(const std::string& message) override { note("warning: " + message); }
  void kept(const std::filesystem::path& file) override;
  void ending() override { bar_.reset(); }
  std::string failure_line(const std::exception& error,
                           const runs::InputPicture& picture) const override;
  bool wants_stop() const override;

 private:
  void print(const runs::PictureAnswers& answers, const runs::WrittenAnswers& written,
             size_t question);
  void check_output() const;

  ReporterOptions options_;
  std::unique_ptr<cli::ProgressBar> words_, bar_;
};

}  // namespace fcclip::apps
