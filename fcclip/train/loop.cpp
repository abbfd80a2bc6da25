#include "fcclip/train/loop.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>

#include "fcclip/core/error.h"

namespace fcclip::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool due(int64_t every, int64_t step, int64_t total) {
  return every > 0 && (step % every == 0 || step == total);
}

// Means of what the steps since the last line measured.
class Means {
 public:
  void add(const Numbers& numbers) {
    for (const auto& [name, value] : numbers) sums_[name] += value;
    ++count_;
  }
  Numbers mean() const {
    Numbers means = sums_;
    for (auto& [name, value] : means) value /= std::max<int64_t>(count_, 1);
    return means;
  }
  void clear() { *this = {}; }

 private:
  Numbers sums_;
  int64_t count_ = 0;
};

class Loop {
 public:
  Loop(Task& task, Processes& processes, const LoopOptions& options)
      : task_(task), processes_(processes), options_(options) {
    if (!options.folder.empty()) checkpoints_.emplace(options.folder);
    resume();
    const std::string folder = processes.is_first() ? options.folder : std::string();
    journal_ = std::make_unique<Journal>(folder, step_);
  }

  LoopResult run(const std::atomic<bool>& stop, const std::function<void(const Progress&)>& show);

 private:
  void resume();
  void save();
  void after_step(Numbers numbers, const std::function<void(const Progress&)>& show);
  void evaluate();
  bool should_stop(const std::atomic<bool>& stop) const;
  int64_t total() const { return options_.schedule.total_steps; }

  Task& task_;
  Processes& processes_;
  const LoopOptions& options_;
  std::optional<CheckpointFolder> checkpoints_;
  std::unique_ptr<Journal> journal_;
  Means means_;
  int64_t step_ = 0, first_step_ = 0, saved_step_ = -1;
  Clock::time_point start_ = Clock::now();
};

void Loop::resume() {
  if (!checkpoints_) return;
  const std::optional<TrainingState> state = checkpoints_->latest();
  if (!state) return;
  if (!options_.resume) {
    fail(ErrorCode::invalid_argument, options_.folder, " holds the checkpoint of step ",
         state->step, "; continue it with --resume or name another folder");
  }
  if (state->step > total()) {
    fail(ErrorCode::invalid_argument, options_.folder, " is at step ", state->step, " of ",
         total());
  }
  task_.load(*state);
  step_ = first_step_ = saved_step_ = state->step;
}

// All processes hold the same weights; the first writes them.
void Loop::save() {
  if (!checkpoints_ || saved_step_ == step_) return;
  if (processes_.is_first()) {
    TrainingState state;
    state.step = step_;
    task_.save(state);
    checkpoints_->save(state);
  }
  saved_step_ = step_;
  processes_.barrier();
}

bool Loop::should_stop(const std::atomic<bool>& stop) const {
  const bool mine = stop ||
                    (options_.stop_after > 0 && step_ - first_step_ >= options_.stop_after) ||
                    (options_.stop_after_s > 0 && seconds_since(start_) >= options_.stop_after_s);
  return processes_.any(mine);
}

void Loop::after_step(Numbers numbers, const std::function<void(const Progress&)>& show) {
  means_.add(numbers);
  const double rate = (step_ - first_step_) / std::max(seconds_since(start_), 1e-9);
  if (show && processes_.is_first()) show({step_, total(), rate, means_.mean()});
  if (!due(options_.log_every, step_, total())) return;
  Numbers line = means_.mean();
  line["steps_per_s"] = rate;
  journal_->write(step_, line);
  means_.clear();
}

void Loop::evaluate() {
  if (due(options_.evaluate_every, step_, total())) {
    const Numbers numbers = task_.evaluate(step_);
    if (!numbers.empty()) journal_->write(step_, numbers);
  }
  if (due(options_.picture_every, step_, total()) && processes_.is_first()) {
    const at::Tensor picture = task_.picture(step_);
    if (picture.defined()) journal_->write_picture(step_, "predictions", picture);
  }
}

LoopResult Loop::run(const std::atomic<bool>& stop,
                     const std::function<void(const Progress&)>& show) {
  start_ = Clock::now();
  while (step_ < total() && !should_stop(stop)) {
    const double factor = schedule_factor(options_.schedule, step_);
    Numbers numbers = task_.step(step_, factor);
    numbers["learning_rate_factor"] = factor;
    ++step_;
    after_step(std::move(numbers), show);
    if (due(options_.checkpoint_every, step_, total())) save();
    evaluate();
  }
  save();
  return {step_, step_ == total()};
}

}  // namespace

void check_finite(int64_t step, const Numbers& losses) {
  for (const auto& [name, value] : losses) {
    if (!std::isfinite(value)) {
      fail(ErrorCode::missing_tensor, "step ", step, ": ", name, " is not finite (", value,
           "); the last checkpoint is kept: lower the learning rate, or look at the data of this "
           "step");
    }
  }
}

LoopResult run_loop(Task& task, Processes& processes, const LoopOptions& options,
                    const std::atomic<bool>& stop,
                    const std::function<void(const Progress&)>& show) {
  return Loop(task, processes, options).run(stop, show);
}

}  // namespace fcclip::train
