#include "fcclip/engine/step_line.h"

#include <cstdio>

#include "fcclip/core/duration.h"

namespace fcclip::engine {
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

std::string number_part(const char* format, double value) {
  char text[96];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string step_line(const StepReport& now) {
  std::string line = "step " + std::to_string(now.step) + "/" + std::to_string(now.total_steps);
  if (now.moment == Moment::evaluation) {
    for (const auto& [name, value] : now.numbers)
      line += number_part(("  " + name + " %.1f").c_str(), value);
    return line;
  }
  for (const ShownNumber& shown : kShownNumbers) {
    const auto found = now.numbers.find(shown.name);
    if (found != now.numbers.end()) line += number_part(shown.format, found->second);
  }
  line += number_part("  %.2f steps/s", now.steps_per_s);
  const auto left = static_cast<double>(now.total_steps - now.step);
  if (left > 0 && now.steps_per_s > 0)
    line += "  " + duration_text(left / now.steps_per_s) + " left";
  return line;
}

}  // namespace fcclip::engine
