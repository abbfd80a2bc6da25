#pragma once
// Learning rate over the run.

#include <cstdint>
#include <string>
#include <vector>

namespace fcclip::engine {

/// How the learning rate falls.
enum class ScheduleKind {
  steps,   ///< times `gamma` at each milestone (the published recipe)
  poly,    ///< (1 − t)^power
  cosine,  ///< half a cosine from 1 to `final_share`
};

/// "steps", "poly" or "cosine". Throws Error{invalid_argument} that names `setting`.
ScheduleKind parse_schedule_kind(const std::string& name, const std::string& setting);

/// Steps count from 0.
struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::steps;
  int64_t total_steps = 368750;
  int64_t warmup_steps = 10;
  double warmup_share = 1.0;  ///< of the rate at step 0; 1: no warm-up
  std::vector<double> milestones = {327778.0 / 368750, 355092.0 / 368750};  ///< shares of the run
  double gamma = 0.1, power = 0.9, final_share = 0;
};

/// Factor on the base learning rate at step 0 … total_steps − 1.
double schedule_factor(const ScheduleOptions& options, int64_t step);

}  // namespace fcclip::engine
