#pragma once
// A loop of small steps: what is trained is a Task, the loop does the rest.

#include <functional>
#include <string>

#include "fcclip/core/progress.h"
#include "fcclip/engine/journal.h"
#include "fcclip/engine/processes.h"
#include "fcclip/engine/schedule.h"
#include "fcclip/engine/training_state.h"

namespace fcclip::engine {

/// Something that learns. Every random number of step i must be a function of (seed, i, rank), so
/// that a resumed run repeats the uninterrupted one.
class Task {
 public:
  virtual ~Task() = default;
  /// One optimizer step. Returns what it measured; "loss" is required, "learning_rate" is the rate
  /// it took. A value that is not finite stops the run before the weights change: the task checks
  /// it with check_finite().
  virtual Numbers step(int64_t step, double learning_rate_factor) = 0;
  virtual void save(TrainingState& state) const = 0;
  virtual void load(const TrainingState& state) = 0;
  /// After an exception: whether the state is that of a finished step, so that it can be saved.
  virtual bool is_whole() const { return true; }
  /// Called every LoopOptions::evaluate_every steps and after the last, on all processes.
  virtual Numbers evaluate(int64_t step) { return {}; }
  /// Now and then: a picture of what the model does. Undefined: nothing to show.
  virtual at::Tensor picture(int64_t step) { return {}; }
};

/// Throws Error{diverged} naming the first term that is not finite.
void check_finite(const Numbers& losses);

/// How long, how often, where to.
struct LoopOptions {
  std::string folder;  ///< of checkpoints and logs; empty: none are written
  ScheduleOptions schedule;
  int64_t checkpoint_every = 1000, log_every = 20, evaluate_every = 0, picture_every = 0;
  KeptCheckpoints kept;  ///< of the folder
  int64_t stop_after =
      0;  ///< stop (with a checkpoint) after so many steps of this process; 0: never
  double stop_after_s = 0;  ///< the same by time
  bool resume = false;      ///< continue from the folder's newest checkpoint
  std::string settings;     ///< written to <folder>/config.toml as the run begins; empty: nothing
};

/// When the loop calls.
enum class Moment {
  step,       ///< one more is done
  line,       ///< the same, and the log has got a line
  evaluation  ///< behind a step
};

/// What the first process says of itself.
struct StepReport {
  Moment moment = Moment::step;
  int64_t step = 0, total_steps = 0;
  double steps_per_s = 0;
  double smooth_loss = 0;  ///< of about the last fifty steps, the newest counting most
  Numbers numbers;         ///< means since the last line of the log; of an evaluation its scores
};

/// How a run ended.
struct LoopResult {
  int64_t steps_done = 0;
  bool finished = false;     ///< false: stopped by request, to be resumed
  bool interrupted = false;  ///< by the progress
  Numbers scores;            ///< of the evaluation behind the last step; on all processes
};

/// Runs until the end of the schedule. `progress` is asked before every step, on all processes: when
/// one says stop, all end with a checkpoint. `show` is called after every step and evaluation on the
/// first process. Throws Error{invalid_argument} when the folder holds
/// checkpoints and `resume` is not set (that of step 0, which every run begins with, is no
/// hindrance), and what the task throws: then the steps done are saved first, unless the numbers
/// diverged, and the message says which checkpoint is there.
LoopResult run_loop(Task& task, Processes& processes, const LoopOptions& options,
                    const Progress& progress = {},
                    const std::function<void(const StepReport&)>& show = {});

}  // namespace fcclip::engine
