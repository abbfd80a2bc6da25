#include "apps/training_console.h"

#include <cstdio>
#include <iostream>

#include "fcclip/core/error.h"
#include "fcclip/engine/step_line.h"

namespace fcclip::apps {

void TrainingConsole::show(const engine::StepReport& now) {
  if (now.moment != engine::Moment::step) say(engine::step_line(now));
  if (now.moment == engine::Moment::evaluation) return;
  if (!bar_) bar_.emplace(label_, now.total_steps, "steps", now.step - 1);
  char loss[48];
  std::snprintf(loss, sizeof loss, "loss %.3f", now.smooth_loss);
  bar_->update(now.step, loss);
}

void TrainingConsole::say(const std::string& line) {
  if (bar_) bar_->clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

LogCallback TrainingConsole::log() {
  return [this](LogLevel, const std::string& line) { say(line); };
}

void report_training_end(const engine::LoopResult& result, const std::string& what,
                         const std::filesystem::path& file, int64_t total_steps) {
  if (result.interrupted) {
    fail(ErrorCode::interrupted, "stopped after step ", result.steps_done, " of ", total_steps,
         "; continue with --resume (", file.string(), " is the ", what, " as it is now)");
  }
  std::cout << file.string() << ": step " << result.steps_done << " of " << total_steps
            << (result.finished ? "" : "; go on with --resume") << '\n';
}

}  // namespace fcclip::apps
