#include "fcclip/engine/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fcclip/core/choice.h"

namespace fcclip::engine {
namespace {

double decay(const ScheduleOptions& options, double t) {
  switch (options.kind) {
    case ScheduleKind::poly:
      return std::pow(1 - t, options.power);
    case ScheduleKind::cosine:
      return options.final_share +
             (1 - options.final_share) * 0.5 * (1 + std::cos(std::numbers::pi * t));
    case ScheduleKind::steps:
      break;
  }
  // Milestones are step numbers: compared rounded, so that a share of the run hits its step.
  const auto passed =
      std::count_if(options.milestones.begin(), options.milestones.end(), [&](double share) {
        return std::llround(t * options.total_steps) >= std::llround(share * options.total_steps);
      });
  return std::pow(options.gamma, passed);
}

}  // namespace

ScheduleKind parse_schedule_kind(const std::string& name, const std::string& setting) {
  return choose<ScheduleKind>(name, setting,
                              {{"steps", ScheduleKind::steps},
                               {"poly", ScheduleKind::poly},
                               {"cosine", ScheduleKind::cosine}});
}

double schedule_factor(const ScheduleOptions& options, int64_t step) {
  const double t = static_cast<double>(step) / std::max<int64_t>(options.total_steps, 1);
  double factor = decay(options, std::clamp(t, 0.0, 1.0));
  if (step < options.warmup_steps) {
    const double done = static_cast<double>(step) / options.warmup_steps;
    factor *= options.warmup_share + (1 - options.warmup_share) * done;
  }
  return factor;
}

}  // namespace fcclip::engine
