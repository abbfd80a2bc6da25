// fcclip pretrain: contrastive pretraining of a small CLIP.

#include <cstdio>
#include <exception>
#include <iostream>

#include <ATen/Parallel.h>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/place_flags.h"
#include "apps/progress_bar.h"
#include "apps/stop_signal.h"
#include "apps/training_console.h"
#include "apps/training_place.h"
#include "apps/training_record.h"
#include "apps/warm_memory.h"
#include "apps/weight_dtype.h"
#include "fcclip/core/error.h"
#include "fcclip/model/model_file.h"
#include "fcclip/pretrain/check_pairs.h"
#include "fcclip/pretrain/list_pairs.h"
#include "fcclip/pretrain/pretrain_task.h"
#include "fcclip/pretrain/world_pairs.h"
#include "fcclip/pretrain/zero_shot.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

struct PretrainFlags {
  std::string config, world, pairs, check, output, device = "cpu";
  std::vector<std::string> settings;
  bool resume = false, print_config = false;
  int64_t steps = 0, stop_after = 0, threads = 0, seed = -1;
  double stop_after_s = 0;
};

void read_options(const PretrainFlags& flags, engine::Settings& settings,
                  pretrain::PretrainOptions& options) {
  if (!flags.config.empty()) settings.read_file(flags.config);
  for (const std::string& assignment : flags.settings) settings.set(assignment);
  if (flags.steps > 0) options.loop.schedule.total_steps = flags.steps;
  if (flags.seed >= 0) options.seed = static_cast<uint64_t>(flags.seed);
  options.loop.folder = flags.output;
  options.loop.resume = flags.resume;
  options.loop.stop_after = flags.stop_after;
  options.loop.stop_after_s = flags.stop_after_s;
  pretrain::finish(options);
}

// Zero-shot names of scenes of known and of held-out pictures, apart.
class WorldEvaluation {
 public:
  WorldEvaluation(const std::shared_ptr<const scenes::World>& world,
                  const pretrain::PretrainOptions& options)
      : options_(options) {
    words_.vocabulary = world->vocabulary();
    words_.subjects = pretrain::subjects_of(*world);
    for (const scenes::Concept& entry : world->concepts()) words_.is_seen.push_back(entry.is_seen);
    scenes::SceneOptions scene;
    scene.size = {options.evaluation.scene_side, options.evaluation.scene_side};
    scene.concepts = scenes::Concepts::all;
    scene.seed = seed_of_text("zero-shot");  // no training scene comes again
    known_ = pretrain::scenes_of(world, scene);
    scene.pictures = scenes::Pictures::held_out;
    held_out_ = pretrain::scenes_of(world, scene);
  }

  engine::Numbers operator()(const model::Clip& clip, bool is_last) const {
    std::vector<std::string> templates = options_.scenes.captions.templates;
    const auto wanted = static_cast<size_t>(std::max<int64_t>(1, options_.evaluation.templates));
    if (!is_last && templates.size() > wanted) templates.resize(wanted);
    const pretrain::ZeroShotRows rows = pretrain::encode_words(clip, words_, templates);
    pretrain::ZeroShotOptions asked;
    asked.scenes = options_.evaluation.scenes * (is_last ? 4 : 1);
    engine::Numbers numbers;
    for (const auto& [name, value] : pretrain::zero_shot(clip, words_, rows, known_, asked)) {
      numbers["known_" + name] = value;
    }
    for (const auto& [name, value] : pretrain::zero_shot(clip, words_, rows, held_out_, asked)) {
      numbers["held_out_" + name] = value;
    }
    return numbers;
  }

 private:
  const pretrain::PretrainOptions& options_;
  pretrain::ZeroShotWords words_;
  pretrain::SceneSource known_, held_out_;
};

std::shared_ptr<const pretrain::PairSource> open_pairs(const PretrainFlags& flags,
                                                       const pretrain::PretrainOptions& options,
                                                       std::shared_ptr<const scenes::World>& world,
                                                       const LogCallback& log) {
  if (flags.world.empty() == flags.pairs.empty()) {
    fail(ErrorCode::invalid_argument, "pretrain needs --world FILE or --pairs LIST, one of them");
  }
  if (!flags.world.empty()) {
    world = scenes::World::open(flags.world, {options.min_pictures});
    return pretrain::make_world_pairs(world, options.scene_side, options.scenes);
  }
  pretrain::ListPairOptions list;
  list.seed = options.seed;
  list.ramp = options.scenes.ramp;
  list.bad_share = options.bad_share;
  return std::make_shared<pretrain::ListPairs>(pretrain::read_picture_list(flags.pairs, log), list,
                                               options.batch_size);
}

void check_list(const std::string& list) {
  const auto log = [](LogLevel, const std::string& line) { std::cerr << line << '\n'; };
  const std::vector<pretrain::ListedPicture> pictures = pretrain::read_picture_list(list, log);
  pretrain::PairReport report;
  std::exception_ptr stopped;
  try {
    pretrain::check_pairs(pictures, report, bar_until_stopped("check", "pictures"));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    stopped = std::current_exception();  // after what was found until then
  }
  std::cout << report.pictures << " pictures, " << report.captions << " captions, " << report.names
            << " names, sides " << report.smallest_side_px << " to " << report.largest_side_px
            << " px\n";
  for (const std::string& problem : report.problems) std::cout << "problem: " << problem << '\n';
  if (stopped) std::rethrow_exception(stopped);
  if (!report.problems.empty()) {
    fail(ErrorCode::bad_format, report.problems.size(), " of ", report.pictures,
         " pictures cannot be read; see above");
  }
  std::cout << "no problem found\n";
}

void pretrain_clip(const PretrainFlags& flags, const pretrain::PretrainOptions& options) {
  keep_freed_memory();
  TrainingPlace place = join_training(flags.device);
  engine::Processes& processes = place.processes;
  TrainingConsole console("pretrain");
  std::shared_ptr<const scenes::World> world;
  const std::shared_ptr<const pretrain::PairSource> pairs =
      open_pairs(flags, options, world, processes.is_first() ? console.log() : LogCallback());
  pretrain::PretrainTask task(options, pairs, processes, place.device, console.log());
  const fs::path output = fs::path(flags.output) / "clip.safetensors";
  std::shared_ptr<WorldEvaluation> evaluation;
  if (world) evaluation = std::make_shared<WorldEvaluation>(world, options);
  task.set_evaluation([&](const model::Clip& clip, bool is_last) {
    model::save(output, clip, weight_dtype(options.export_dtype));
    return evaluation ? (*evaluation)(clip, is_last) : engine::Numbers{};
  });
  if (processes.is_first()) announce_stop("stopping after this step; again to stop now");
  const engine::LoopResult result = engine::run_loop(
      task, processes, options.loop, [](int64_t, int64_t) { return !stop_signal(); },
      [&](const engine::StepReport& now) { console.show(now); });
  console.finish();
  if (!processes.is_first()) return;
  model::save(output, *task.plain_clip(), weight_dtype(options.export_dtype));
  report_training_end(result, "CLIP", output, options.loop.schedule.total_steps);
}

void pretrain_command(const PretrainFlags& flags, const CLI::App& command) {
  pretrain::PretrainOptions options;
  engine::Settings settings = pretrain::bind_settings(options);
  read_options(flags, settings, options);
  if (flags.print_config) {
    std::cout << settings.to_toml();
    return;
  }
  if (!flags.check.empty()) return check_list(flags.check);
  if (flags.output.empty()) fail(ErrorCode::invalid_argument, "pretrain needs -o FOLDER");
  if (flags.threads > 0) at::set_num_threads(static_cast<int>(flags.threads));
  options.loop.settings = training_record(command, settings.to_toml());
  if (flags.resume) tell_changed_settings(flags.output, settings);
  pretrain_clip(flags, options);
}

}  // namespace

void add_pretrain(CLI::App& app) {
  auto flags = std::make_shared<PretrainFlags>();
  CLI::App* command =
      app.add_subcommand("pretrain", "Train a small CLIP on pictures with captions");
  command
      ->add_option("config", flags->config,
                   "TOML file of settings; --print-config shows what it may hold")
      ->type_name("CONFIG");
  command->option_defaults()->group("Pictures and captions");
  command->add_option("--world", flags->world, "Pack of the synthetic world (make world)")
      ->type_name("FILE");
  command
      ->add_option("--pairs", flags->pairs,
                   "List of pictures and captions: a table (tabs, commas, …) or JSON lines")
      ->type_name("FILE");
  command->add_option("--check", flags->check, "Read a list of pairs and say what is wrong")
      ->type_name("FILE");
  command->option_defaults()->group("Settings");
  command->add_option("--set", flags->settings, "section.key=value, over the file; repeatable")
      ->type_name("SETTING");
  command->add_option("--steps", flags->steps, "Length of the whole run")->check(whole_number(1));
  command->add_option("--seed", flags->seed, "Of weights, pairs and scenes")
      ->check(whole_number(0));
  command->add_flag("--print-config", flags->print_config, "Print all settings as TOML and stop");
  command->option_defaults()->group("Run");
  command->add_option("-o,--output", flags->output, "Folder of checkpoints, logs, clip.safetensors")
      ->type_name("FOLDER");
  command->add_flag("--resume", flags->resume, "Go on from the folder's newest checkpoint");
  command->add_option("--stop-after", flags->stop_after, "Stop after NUMBER steps, to be resumed")
      ->check(whole_number(1));
  command->add_option("--stop-after-s", flags->stop_after_s, "Stop after so many seconds")
      ->check(number(0));
  add_place_flags(*command, flags->device, flags->threads);
  command->footer(
      "Examples:\n"
      "  fcclip pretrain --pairs captions.tsv -o clip\n"
      "  fcclip pretrain --world .cache/world/world.safetensors --steps 1000 -o clip");
  command->callback([flags, command] { pretrain_command(*flags, *command); });
}

}  // namespace fcclip::apps
