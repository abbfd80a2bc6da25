// fcclip pretrain: contrastive pretraining of a small CLIP.

#include <cstdio>
#include <iostream>

#include <ATen/Parallel.h>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/place_flags.h"
#include "apps/stop_signal.h"
#include "apps/training_place.h"
#include "apps/warm_memory.h"
#include "apps/weight_dtype.h"
#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/pretrain/list_pairs.h"
#include "fcclip/pretrain/pretrain_task.h"
#include "fcclip/pretrain/world_pairs.h"
#include "fcclip/pretrain/zero_shot.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;
using namespace fcclip::pretrain;

struct PretrainFlags {
  std::string config, world, pairs, output, device = "cpu";
  std::vector<std::string> settings;
  bool resume = false, print_config = false;
  int64_t steps = 0, threads = 0, seed = -1;
  double stop_after_s = 0;
};

PretrainOptions read_options(const PretrainFlags& flags, std::string& printed) {
  PretrainOptions options;
  train::Settings settings = bind_settings(options);
  if (!flags.config.empty()) settings.read_file(flags.config);
  for (const std::string& assignment : flags.settings) settings.set(assignment);
  if (flags.steps > 0) options.loop.schedule.total_steps = flags.steps;
  if (flags.seed >= 0) options.seed = static_cast<uint64_t>(flags.seed);
  printed = settings.to_toml();
  options.loop.folder = flags.output;
  options.loop.resume = flags.resume;
  options.loop.stop_after_s = flags.stop_after_s;
  finish(options);
  return options;
}

// Zero-shot names of scenes of known and of held-out pictures, apart.
class WorldEvaluation {
 public:
  WorldEvaluation(const std::shared_ptr<const world::World>& world, const PretrainOptions& options)
      : options_(options) {
    words_.vocabulary = world->vocabulary();
    words_.subjects = subjects_of(*world);
    for (const world::Concept& entry : world->concepts()) words_.is_seen.push_back(entry.is_seen);
    world::SceneOptions scene;
    scene.size = {options.evaluation.scene_side, options.evaluation.scene_side};
    scene.concepts = world::Concepts::all;
    scene.seed = world::hash_text("zero-shot");  // no training scene comes again
    known_ = scenes_of(world, scene);
    scene.pictures = world::Pictures::held_out;
    held_out_ = scenes_of(world, scene);
  }

  train::Numbers operator()(const Clip& clip, bool is_last) const {
    std::vector<std::string> templates = options_.scenes.captions.templates;
    const auto wanted = static_cast<size_t>(std::max<int64_t>(1, options_.evaluation.templates));
    if (!is_last && templates.size() > wanted) templates.resize(wanted);
    const ZeroShotRows rows = encode_words(clip, words_, templates);
    ZeroShotOptions asked;
    asked.scenes = options_.evaluation.scenes * (is_last ? 4 : 1);
    train::Numbers numbers;
    for (const auto& [name, value] : zero_shot(clip, words_, rows, known_, asked)) {
      numbers["known_" + name] = value;
    }
    for (const auto& [name, value] : zero_shot(clip, words_, rows, held_out_, asked)) {
      numbers["held_out_" + name] = value;
    }
    return numbers;
  }

 private:
  const PretrainOptions& options_;
  ZeroShotWords words_;
  SceneSource known_, held_out_;
};

void print_progress(const train::Progress& progress, int64_t every) {
  if (progress.step % every != 0 && progress.step != progress.total_steps) return;
  const auto number = [&](const char* name) {
    const auto found = progress.numbers.find(name);
    return found == progress.numbers.end() ? 0.0 : found->second;
  };
  std::fprintf(stderr,
               "step %ld/%ld  loss %.3f  contrastive %.3f  batch accuracy %.1f %%  %.2f steps/s\n",
               static_cast<long>(progress.step), static_cast<long>(progress.total_steps),
               number("loss"), number("contrastive"), number("accuracy"), progress.steps_per_s);
}

void print_evaluation(const train::Numbers& numbers) {
  for (const auto& [name, value] : numbers)
    std::fprintf(stderr, "  %s %.1f\n", name.c_str(), value);
}

std::shared_ptr<const PairSource> open_pairs(const PretrainFlags& flags,
                                             const PretrainOptions& options,
                                             std::shared_ptr<const world::World>& world) {
  if (flags.world.empty() == flags.pairs.empty()) {
    fail(ErrorCode::invalid_argument, "pretrain needs --world FILE or --pairs LIST, one of them");
  }
  if (!flags.world.empty()) {
    world = world::World::open(flags.world, {options.min_pictures});
    return make_world_pairs(world, options.scene_side, options.scenes);
  }
  ListPairOptions list;
  list.seed = options.seed;
  list.ramp = options.scenes.ramp;
  return std::make_shared<ListPairs>(read_picture_list(flags.pairs), list, options.batch_size);
}

void run_pretraining(const PretrainFlags& flags) {
  std::string printed;
  PretrainOptions options = read_options(flags, printed);
  if (flags.print_config) {
    std::cout << printed;
    return;
  }
  if (flags.output.empty()) fail(ErrorCode::invalid_argument, "pretrain needs -o FOLDER");
  keep_freed_memory();
  if (flags.threads > 0) at::set_num_threads(static_cast<int>(flags.threads));
  TrainingPlace place = join_training(flags.device);
  train::Processes& processes = place.processes;
  std::shared_ptr<const world::World> world;
  const std::shared_ptr<const PairSource> pairs = open_pairs(flags, options, world);
  PretrainTask task(options, pairs, processes, place.device);
  const fs::path output = fs::path(flags.output) / "clip.safetensors";
  std::shared_ptr<WorldEvaluation> evaluation;
  if (world) evaluation = std::make_shared<WorldEvaluation>(world, options);
  task.set_evaluation([&](const Clip& clip, bool is_last) {
    save_clip(output, clip, weight_dtype(options.export_dtype));
    const train::Numbers numbers = evaluation ? (*evaluation)(clip, is_last) : train::Numbers{};
    print_evaluation(numbers);
    return numbers;
  });
  if (processes.is_first()) io::write_atomically(fs::path(flags.output) / "config.toml", printed);
  const train::LoopResult result =
      train::run_loop(task, processes, options.loop, stop_signal(),
                      [&](const train::Progress& p) { print_progress(p, options.loop.log_every); });
  if (!processes.is_first()) return;
  save_clip(output, *task.plain_clip(), weight_dtype(options.export_dtype));
  std::cout << output.string() << ": " << result.steps_done << " steps"
            << (result.finished ? "" : ", not finished; continue with --resume") << '\n';
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
                   "List of pictures: \"path <tab> caption\" lines, or JSON lines")
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
  command->add_option("--stop-after-s", flags->stop_after_s, "Stop after so many seconds")
      ->check(number(0));
  add_place_flags(*command, flags->device, flags->threads);
  command->footer(
      "Examples:\n"
      "  fcclip pretrain --pairs captions.tsv -o clip\n"
      "  fcclip pretrain --world .cache/world/world.safetensors --steps 1000 -o clip");
  command->callback([flags] { run_pretraining(*flags); });
}

}  // namespace fcclip::apps
