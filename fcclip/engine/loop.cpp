#include "fcclip/engine/loop.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::engine {
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

// An exponential mean whose first values are not drawn towards zero.
class SmoothLoss {
 public:
  void add(double loss) {
    constexpr double kKeep = 0.96;
    sum_ = kKeep * sum_ + loss;
    weight_ = kKeep * weight_ + 1;
  }
  double value() const { return weight_ > 0 ? sum_ / weight_ : 0; }

 private:
  double sum_ = 0, weight_ = 0;
};

using Show = std::function<void(const StepReport&)>;

class Loop {
 public:
  Loop(Task& task, Processes& processes, const LoopOptions& options, Show show)
      : task_(task), processes_(processes), options_(options), show_(std::move(show)) {
    if (!options.folder.empty()) checkpoints_.emplace(options.folder, options.kept);
    resume();
    const std::string folder = processes.is_first() ? options.folder : std::string();
    journal_ = std::make_unique<Journal>(folder, step_);
    if (!folder.empty() && !options.settings.empty()) {
      io::write_atomically(std::filesystem::path(folder) / "config.toml", options.settings);
    }
  }

  LoopResult run(const Progress& progress);

 private:
  void resume();
  void save();
  void write_checkpoint();
  void rescue();
  void steps(const Progress& progress);
  void after_step(const Numbers& numbers);
  void evaluate();
  bool should_stop(const Progress& progress);
  void show(const StepReport& now) const {
    if (show_ && processes_.is_first()) show_(now);
  }
  double steps_per_s() const;
  int64_t total() const { return options_.schedule.total_steps; }

  Task& task_;
  Processes& processes_;
  const LoopOptions& options_;
  Show show_;
  std::optional<CheckpointFolder> checkpoints_;
  std::unique_ptr<Journal> journal_;
  Means means_;
  SmoothLoss smooth_loss_;
  Numbers scores_;  // behind the last step
  int64_t step_ = 0, first_step_ = 0, saved_step_ = -1;
  bool is_interrupted_ = false;  // this process
  Clock::time_point start_ = Clock::now();
};

void Loop::resume() {
  if (!checkpoints_) return;
  const std::optional<TrainingState> state = checkpoints_->latest();
  if (!state) return;
  if (!options_.resume && state->step == 0) return;
  if (!options_.resume) {
    fail(ErrorCode::invalid_argument, options_.folder, " holds the checkpoint of step ",
         state->step, "; continue it with --resume or name another folder");
  }
  if (state->step > total()) {
    fail(ErrorCode::invalid_argument, options_.folder, " is at step ", state->step, ", beyond the ",
         total(), " steps of this run; give more steps or another folder");
  }
  try {
    task_.load(*state);
  } catch (const Error& error) {
    fail(error.code(), options_.folder, ", checkpoint of step ", state->step, ": ", error.what(),
         "; resume with the settings it was begun with (config.toml), or name another folder");
  }
  step_ = first_step_ = saved_step_ = state->step;
}

void Loop::write_checkpoint() {
  TrainingState state;
  state.step = step_;
  task_.save(state);
  checkpoints_->save(state);
}

// All processes hold the same weights; the first writes them.
void Loop::save() {
  if (!checkpoints_ || saved_step_ == step_) return;
  if (processes_.is_first()) write_checkpoint();
  saved_step_ = step_;
  processes_.barrier();
}

// After an error, which is told whatever becomes of this: without the other processes, of which
// nobody knows whether they live. Weights that gave numbers which are not finite are not worth it.
void Loop::rescue() {
  if (!checkpoints_ || !processes_.is_first() || saved_step_ == step_ || !task_.is_whole()) return;
  try {
    write_checkpoint();
    saved_step_ = step_;
  } catch (const std::exception&) {
    // The older checkpoint is still there.
  }
}

bool Loop::should_stop(const Progress& progress) {
  is_interrupted_ = progress && !progress(step_, total());
  const bool mine = is_interrupted_ ||
                    (options_.stop_after > 0 && step_ - first_step_ >= options_.stop_after) ||
                    (options_.stop_after_s > 0 && seconds_since(start_) >= options_.stop_after_s);
  return processes_.any(mine);
}

double Loop::steps_per_s() const {
  return static_cast<double>(step_ - first_step_) / std::max(seconds_since(start_), 1e-9);
}

void Loop::after_step(const Numbers& numbers) {
  means_.add(numbers);
  smooth_loss_.add(numbers.at("loss"));
  StepReport now{Moment::step, step_, total(), steps_per_s(), smooth_loss_.value(), means_.mean()};
  if (due(options_.log_every, step_, total())) {
    now.moment = Moment::line;
    Numbers line = now.numbers;
    line["steps_per_s"] = now.steps_per_s;
    journal_->write(step_, line);
    means_.clear();
  }
  show(now);
}

void Loop::evaluate() {
  if (due(options_.evaluate_every, step_, total())) {
    const Numbers numbers = task_.evaluate(step_);
    if (step_ == total()) scores_ = numbers;
    if (!numbers.empty()) {
      journal_->write(step_, numbers);
      show({Moment::evaluation, step_, total(), steps_per_s(), smooth_loss_.value(), numbers});
    }
  }
  if (due(options_.picture_every, step_, total()) && processes_.is_first()) {
    const at::Tensor picture = task_.picture(step_);
    if (picture.defined()) journal_->write_picture(step_, "predictions", picture);
  }
}

void Loop::steps(const Progress& progress) {
  start_ = Clock::now();
  if (step_ == 0) save();  // a folder that cannot be written is known before the first step
  while (step_ < total() && !should_stop(progress)) {
    const Numbers numbers = task_.step(step_, schedule_factor(options_.schedule, step_));
    ++step_;
    after_step(numbers);
    const bool stays = options_.kept.every > 0 && step_ % options_.kept.every == 0;
    if (stays || due(options_.checkpoint_every, step_, total())) save();
    evaluate();
  }
  save();
}

LoopResult Loop::run(const Progress& progress) {
  try {
    steps(progress);
  } catch (const Error& error) {
    std::string message = error.what();
    if (error.code() == ErrorCode::diverged) {
      message = "step " + std::to_string(step_) + ": " + message +
                "; lower the learning rate, or look at the data of this step";
    } else {
      rescue();
    }
    if (saved_step_ >= 0) {
      message += "; " + options_.folder + " holds the checkpoint of step " +
                 std::to_string(saved_step_) + ", from which --resume goes on";
    }
    throw Error(error.code(), message);
  } catch (const std::exception&) {
    rescue();
    throw;
  }
  const bool finished = step_ == total();
  return {step_, finished, !finished && processes_.any(is_interrupted_), scores_};
}

}  // namespace

void check_finite(const Numbers& losses) {
  for (const auto& [name, value] : losses) {
    if (!std::isfinite(value)) {
      fail(ErrorCode::diverged, name, " is not finite (", value, ")");
    }
  }
}

LoopResult run_loop(Task& task, Processes& processes, const LoopOptions& options,
                    const Progress& progress, const std::function<void(const StepReport&)>& show) {
  return Loop(task, processes, options, show).run(progress);
}

}  // namespace fcclip::engine
