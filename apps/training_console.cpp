#include "apps/training_console.h"

#include <cstdio>
#include <iostream>

#include "fcclip/core/error.h"

namespace fcclip::apps {
namespace {

struct ShownNumber {
  const char* name;
  const char* format;
};

// In this order, as far as a training has them; the log has all numbers.
constexpr ShownNumber kShownNumbers[] = {
    {"loss", "  loss %.3f"},
    {"loss_class", "  class %.3f"},
    {"loss_mask", "  mask %.3f"},
    {"loss_dice", "  dice %.3f"},
    {"contrastive", "  contrastive %.3f"},
    {"classification", "  classification %.3f"},
    {"accuracy", "  batch accuracy %.1f %%"},
    {"learning_rate", "  rate %.3g"},
};

std::string formatted(const char* format, double value) {
  char text[96];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string training_line(const engine::StepReport& now) {
  std::string line = "step " + std::to_string(now.step) + "/" + std::to_string(now.total_steps);
  if (now.moment == engine::Moment::evaluation) {
    for (const auto& [name, value] : now.numbers)
      line += formatted(("  " + name + " %.1f").c_str(), value);
    return line;
  }
  for (const ShownNumber& shown : kShownNumbers) {
    const auto found = now.numbers.find(shown.name);
    if (found != now.numbers.end()) line += formatted(shown.format, found->second);
  }
  line += formatted("  %.2f steps/s", now.steps_per_s);
  const auto left = static_cast<double>(now.total_steps - now.step);
  if (left > 0 && now.steps_per_s > 0)
    line += "  " + cli::duration_text(left / now.steps_per_s) + " left";
  return line;
}

void TrainingConsole::show(const engine::StepReport& now) {
  if (now.moment != engine::Moment::step) say(training_line(now));
  if (now.moment == engine::Moment::evaluation) return;
  if (!bar_) bar_.emplace(label_, now.total_steps, "steps", now.step - 1);
  bar_->update(now.step, formatted("loss %.3f", now.smooth_loss));
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
