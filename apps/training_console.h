#pragma once
// What a training says while it runs: lines for logs, and on a terminal a bar below them.

#include <filesystem>
#include <optional>
#include <string>

#include "fcclip/cli/progress_bar.h"
#include "fcclip/core/log.h"
#include "fcclip/engine/loop.h"

namespace fcclip::apps {

/// What the user reads last: the file that holds the `what` ("model", "CLIP"), or that the run was
/// stopped and how it goes on. Throws Error{interrupted}.
void report_training_end(const engine::LoopResult& result, const std::string& what,
                         const std::filesystem::path& file, int64_t total_steps);

class TrainingConsole {
 public:
  explicit TrainingConsole(std::string label) : label_(std::move(label)) {}

  /// A line, on standard error, where the log gets one and after every evaluation; the bar always.
  void show(const engine::StepReport& now);
  /// Any other line, above the bar.
  void say(const std::string& line);
  LogCallback log();
  /// Takes the bar away.
  void finish() { bar_.reset(); }

 private:
  std::string label_;
  std::optional<cli::ProgressBar> bar_;
};

}  // namespace fcclip::apps
