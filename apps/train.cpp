// fcclip train: a mask generator on a frozen CLIP, by the published recipe.

#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>

#include <ATen/Parallel.h>

#include "apps/commands.h"
#include "apps/training_console.h"
#include "apps/training_flags.h"
#include "apps/training_record.h"
#include "fcclip/cli/failure.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/error.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/core/listed.h"
#include "fcclip/engine/training_place.h"
#include "fcclip/eval/flat_scores.h"
#include "fcclip/model/model_file.h"
#include "fcclip/reference_config/configuration.h"
#include "fcclip/scenes/world.h"
#include "fcclip/train/check_data.h"
#include "fcclip/train/expected_figures.h"
#include "fcclip/train/segmentation_task.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

const TrainingNames kTrainNames = {"schedule.steps", "run", "model.safetensors"};

struct TrainFlags : TrainingFlags {
  TrainFlags() { dtype = "float16"; }
  std::string check, from_yaml, expect;
};

// Returns how many problems there are.
size_t check_set(const train::DataSettings& set, int64_t seed) {
  const train::Source source = train::open_source(set, train::Purpose::training, seed);
  train::DataReport report;
  std::exception_ptr stopped;
  try {
    train::check_data(source, report, cli::bar_until_stopped("check", "pictures"));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    stopped = std::current_exception();  // after what was found until then
  }
  std::cout << train::data_report_text(report, source.vocabulary);
  if (stopped) std::rethrow_exception(stopped);
  return report.problems.size();
}

void check(const train::SegmentationConfig& config) {
  const std::vector<train::DataSettings> sets = train::data_sets(config);
  size_t problems = 0;
  for (size_t i = 0; i < sets.size(); ++i) {
    if (sets.size() > 1) std::cout << (i > 0 ? "\n" : "") << "data.sets." << i << '\n';
    problems += check_set(sets[i], config.run.seed);
  }
  if (problems > 0) {
    fail(ErrorCode::bad_format, problems, problems == 1 ? " problem" : " problems",
         " found; see above");
  }
  std::cout << "no problem found\n";
}

void train_model(const TrainFlags& flags, const train::SegmentationConfig& config) {
  keep_freed_memory();
  engine::TrainingPlace place = engine::join_training(config.run.device);
  engine::Processes& processes = place.processes;
  TrainingConsole console("train");
  train::SegmentationTask task(config, processes, place.device, console.log());
  if (processes.is_first()) cli::announce_stop("stopping after this step; again to stop now");
  const engine::LoopResult result = engine::run_loop(
      task, processes, config.loop, [](int64_t, int64_t) { return !cli::stop_signal(); },
      [&](const engine::StepReport& now) { console.show(now); });
  console.finish();
  const std::vector<std::string> missed = train::missed_figures(task, config, result);
  if (!processes.is_first()) return;
  const fs::path model = fs::path(flags.output) / "model.safetensors";
  task.export_model(model,
                    choose(config.run.export_dtype, "run.export_dtype", model::weight_dtypes()),
                    result.steps_done);
  report_training_end(result, "model", model, config.loop.schedule.total_steps);
  if (!missed.empty())
    throw cli::MissedTarget("step " + std::to_string(result.steps_done) + ": " + listed(missed));
}

/// A configuration of the reference below all other settings.
std::optional<reference_config::Configuration> read_yaml(const std::string& path,
                                                         engine::Settings& settings) {
  if (path.empty()) return std::nullopt;
  reference_config::Configuration stated = reference_config::read_configuration(path);
  settings.read_text(reference_config::training_settings(stated, stated.notes), path);
  for (const std::string& note : stated.notes) std::cerr << "fcclip: " << note << '\n';
  return stated;
}

/// The CLIP that the run begins with is the one that the configuration names.
void check_named_clip(const reference_config::Configuration& stated,
                      const train::ModelSettings& model) {
  const std::string& file = model.clip.empty() ? model.init : model.clip;
  reference_config::check_clip(stated, model::read_metadata(file).config.clip);
}

void train_command(const TrainFlags& flags, const CLI::App& command) {
  train::SegmentationConfig config;
  config.data.world = config.evaluation.world = scenes::default_world();
  engine::Settings settings;
  train::bind(settings, config);
  const bool check_config = flags.check.ends_with(".toml");
  const auto stated = read_yaml(flags.from_yaml, settings);
  if (check_config) settings.read_file(flags.check);
  read_settings(command, flags, kTrainNames, settings);
  if (command.count("--expect") > 0) config.run.expect = flags.expect;
  apply_call(flags, config.loop);
  if (flags.print_config) {
    std::cout << settings.to_toml();
    return;
  }
  if (!flags.check.empty()) {
    if (!check_config) {
      train::find_data(flags.check, config.data);
      config.data.name.clear();
      config.sets.clear();
    }
    return check(config);
  }
  train::finish(config);
  if (stated) check_named_clip(*stated, config.model);
  if (config.run.threads > 0) at::set_num_threads(static_cast<int>(config.run.threads));
  if (flags.output.empty()) {
    fail(ErrorCode::invalid_argument, "--output is needed: a folder for checkpoints and the model");
  }
  config.loop.settings = training_record(command, settings.to_toml());
  if (flags.resume) tell_changed_settings(flags.output, settings);
  train_model(flags, config);
}

}  // namespace

void add_train(CLI::App& app) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Train a mask generator on a frozen CLIP");
  add_training_flags(*command, *flags, kTrainNames);
  command->option_defaults()->group("Settings");
  command
      ->add_option(
          "--check", flags->check,
          "Read a data set (folder, panoptic or instances JSON, TOML) and say what is wrong")
      ->type_name("DATA");
  command
      ->add_option("--from-yaml", flags->from_yaml,
                   "Start with the settings of a configuration of the reference (YAML, with its "
                   "_BASE_ files); CONFIG, --set and options go over it")
      ->type_name("FILE");
  command
      ->add_option("--expect", flags->expect,
                   "Figures that the last evaluation must reach, PQ>=20,mIoU>=30; else the exit "
                   "status is 1; short for --set run.expect=FIGURES")
      ->type_name("FIGURES");
  command->footer(
      "Examples:\n"
      "  fcclip train --check scenes\n"
      "  fcclip train recipe.toml --set schedule.steps=1000 -o run\n"
      "  fcclip train --from-yaml fcclip.yaml --print-config");
  command->callback([flags, command] { train_command(*flags, *command); });
}

}  // namespace fcclip::apps
