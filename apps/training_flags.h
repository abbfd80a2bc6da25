#pragma once
// The options that `train` and `pretrain` share. Steps, seed, device, threads and dtype are settings
// too: an option is short for one, and comes after the file and --set.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fcclip/engine/loop.h"
#include "fcclip/engine/settings.h"

namespace fcclip::apps {

struct TrainingFlags {
  std::string config, output, device = "cpu", dtype;
  std::vector<std::string> overrides;
  int64_t steps = 0, stop_after = 0, threads = 0, seed = 0;
  double stop_after_s = 0;
  bool resume = false, print_config = false;
};

/// How a command calls what they set.
struct TrainingNames {
  std::string steps, section;  ///< "schedule.steps"; "run" of run.seed, run.device, …
  std::string written;         ///< "model.safetensors"
};

/// `flags.dtype` is the default that is shown.
void add_training_flags(CLI::App& command, TrainingFlags& flags, const TrainingNames& names);

/// The file, --set, and the options given, in this order, over what `settings` holds. Throws as
/// engine::Settings does.
void read_settings(const CLI::App& command, const TrainingFlags& flags, const TrainingNames& names,
                   engine::Settings& settings);

/// Folder, resuming and stopping, which belong to this call alone.
void apply_call(const TrainingFlags& flags, engine::LoopOptions& loop);

}  // namespace fcclip::apps
