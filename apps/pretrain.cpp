// fcclip pretrain: contrastive pretraining of a small CLIP.

#include <exception>
#include <iostream>

#include <ATen/Parallel.h>

#include "apps/commands.h"
#include "apps/training_console.h"
#include "apps/training_flags.h"
#include "apps/training_record.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/error.h"
#include "fcclip/core/freed_memory.h"
#include "fcclip/engine/training_place.h"
#include "fcclip/model/model_file.h"
#include "fcclip/pretrain/check_pairs.h"
#include "fcclip/pretrain/open_pairs.h"
#include "fcclip/pretrain/pretrain_task.h"
#include "fcclip/pretrain/world_evaluation.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

const TrainingNames kPretrainNames = {"training.steps", "training", "clip.safetensors"};

struct PretrainFlags : TrainingFlags {
  PretrainFlags() { dtype = "float32"; }
  std::string world, pairs, check;
};

void check_list(const std::string& list) {
  const auto log = [](LogLevel, const std::string& line) { std::cerr << line << '\n'; };
  const std::vector<pretrain::ListedPicture> pictures = pretrain::read_picture_list(list, log);
  pretrain::PairReport report;
  std::exception_ptr stopped;
  try {
    pretrain::check_pairs(pictures, report, cli::bar_until_stopped("check", "pictures"));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    stopped = std::current_exception();  // after what was found until then
  }
  std::cout << pretrain::pair_report_text(report);
  if (stopped) std::rethrow_exception(stopped);
  if (!report.problems.empty()) {
    fail(ErrorCode::bad_format, report.problems.size(), " of ", report.pictures,
         " pictures cannot be read; see above");
  }
  std::cout << "no problem found\n";
}

void pretrain_clip(const PretrainFlags& flags, const pretrain::PretrainOptions& options) {
  keep_freed_memory();
  engine::TrainingPlace place = engine::join_training(options.device);
  engine::Processes& processes = place.processes;
  TrainingConsole console("pretrain");
  const pretrain::OpenPairs open =
      pretrain::open_pairs(options, processes.is_first() ? console.log() : LogCallback());
  pretrain::PretrainTask task(options, open.pairs, processes, place.device, console.log());
  const fs::path output = fs::path(flags.output) / "clip.safetensors";
  const at::ScalarType dtype =
      choose(options.export_dtype, "training.export_dtype", model::weight_dtypes());
  std::optional<pretrain::WorldEvaluation> evaluation;
  if (open.world) evaluation.emplace(open.world, options);
  task.set_evaluation([&](const model::Clip& clip, bool is_last) {
    model::save(output, clip, dtype);
    return evaluation ? (*evaluation)(clip, is_last) : engine::Numbers{};
  });
  if (processes.is_first()) cli::announce_stop("stopping after this step; again to stop now");
  const engine::LoopResult result = engine::run_loop(
      task, processes, options.loop, [](int64_t, int64_t) { return !cli::stop_signal(); },
      [&](const engine::StepReport& now) { console.show(now); });
  console.finish();
  if (!processes.is_first()) return;
  model::save(output, *task.plain_clip(), dtype);
  report_training_end(result, "CLIP", output, options.loop.schedule.total_steps);
}

void pretrain_command(const PretrainFlags& flags, const CLI::App& command) {
  pretrain::PretrainOptions options;
  engine::Settings settings = pretrain::bind_settings(options);
  read_settings(command, flags, kPretrainNames, settings);
  if (!flags.world.empty()) options.world = flags.world;
  if (!flags.pairs.empty()) options.pairs = flags.pairs;
  apply_call(flags, options.loop);
  pretrain::finish(options);
  if (flags.print_config) {
    std::cout << settings.to_toml();
    return;
  }
  if (!flags.check.empty()) return check_list(flags.check);
  if (flags.output.empty()) fail(ErrorCode::invalid_argument, "pretrain needs -o FOLDER");
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  options.loop.settings = training_record(command, settings.to_toml());
  if (flags.resume) tell_changed_settings(flags.output, settings);
  pretrain_clip(flags, options);
}

}  // namespace

void add_pretrain(CLI::App& app) {
  auto flags = std::make_shared<PretrainFlags>();
  CLI::App* command =
      app.add_subcommand("pretrain", "Train a small CLIP on pictures with captions");
  command->option_defaults()->group("Pictures and captions");
  command
      ->add_option("--world", flags->world,
                   "Pack of the synthetic world (make world); short for --set world.file=FILE")
      ->type_name("FILE");
  command
      ->add_option(
          "--pairs", flags->pairs,
          "List of pictures and captions: a table (tabs, commas, …) or JSON lines; short for "
          "--set pairs.list=FILE")
      ->type_name("FILE");
  command->add_option("--check", flags->check, "Read a list of pairs and say what is wrong")
      ->type_name("FILE");
  add_training_flags(*command, *flags, kPretrainNames);
  command->footer(
      "Examples:\n"
      "  fcclip pretrain --pairs captions.tsv -o clip\n"
      "  fcclip pretrain --world .cache/world/world.safetensors --steps 1000 -o clip");
  command->callback([flags, command] { pretrain_command(*flags, *command); });
}

}  // namespace fcclip::apps
