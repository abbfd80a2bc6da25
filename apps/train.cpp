// fcclip train: a mask generator on a frozen CLIP, by the published recipe.

#include <cstdio>
#include <exception>
#include <filesystem>
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
#include "apps/world_place.h"
#include "fcclip/core/error.h"
#include "fcclip/data/file_form.h"
#include "fcclip/train/check_data.h"
#include "fcclip/train/segmentation_task.h"

namespace fcclip::apps {
namespace {

namespace fs = std::filesystem;

struct TrainFlags {
  std::string config, output, check, device = "cpu", dtype = "float16";
  std::vector<std::string> overrides;
  int64_t steps = 0, stop_after = 0, threads = 0, seed = -1;
  double stop_after_s = 0;
  bool resume = false, print_config = false;
};

// Flags that are short for a setting.
void apply_short_forms(const TrainFlags& flags, train::SegmentationConfig& config) {
  if (flags.steps > 0) config.loop.schedule.total_steps = flags.steps;
  if (flags.seed >= 0) config.run.seed = flags.seed;
  config.loop.folder = flags.output;
  config.loop.resume = flags.resume;
  config.loop.stop_after = flags.stop_after;
  config.loop.stop_after_s = flags.stop_after_s;
}

// A data set as `fcclip synth` and the official layouts have it, from its COCO JSON or folder.
void find_data(const fs::path& given, train::DataSettings& data) {
  fs::path json = given;
  if (fs::is_directory(given)) {
    json = given / (fs::exists(given / "panoptic.json") ? "panoptic.json" : "instances.json");
  }
  if (!fs::exists(json)) {
    fail(ErrorCode::not_found, given.string(),
         ": --check takes a COCO panoptic or instances JSON, a folder with panoptic.json or "
         "instances.json, or a configuration (.toml)");
  }
  const bool instances = data::is_instances_file(json);
  data.kind = instances ? "instances" : "panoptic";
  (instances ? data.instances_json : data.panoptic_json) = json.string();
  data.panoptic_pngs = (json.parent_path() / json.stem()).string();
  data.images = (json.parent_path() / "images").string();
  data.vocabulary = "";
}

struct ClassCount {
  std::string name;
  int64_t segments = 0;
};

// The commonest first, in as many columns as 80 characters hold.
void print_counts(const std::vector<ClassCount>& counts) {
  constexpr size_t kLine = 80, kGap = 2;
  size_t name_width = 0, count_width = 0;
  for (const auto& [name, segments] : counts) {
    name_width = std::max(name_width, name.size());
    count_width = std::max(count_width, std::to_string(segments).size());
  }
  const size_t columns = std::max<size_t>(1, kLine / (kGap + name_width + 1 + count_width));
  for (size_t i = 0; i < counts.size(); ++i) {
    std::printf("  %-*s %*lld", static_cast<int>(name_width), counts[i].name.c_str(),
                static_cast<int>(count_width), static_cast<long long>(counts[i].segments));
    if ((i + 1) % columns == 0 || i + 1 == counts.size()) std::printf("\n");
  }
}

void print_classes(const train::DataReport& report, const classify::Vocabulary& vocabulary) {
  std::vector<ClassCount> counts;
  for (const auto& [class_index, segments] : report.segments_per_class) {
    counts.push_back({vocabulary.classes.at(class_index).synonyms.front(), segments});
  }
  std::stable_sort(counts.begin(), counts.end(), [](const ClassCount& a, const ClassCount& b) {
    return a.segments > b.segments;
  });
  print_counts(counts);
  const size_t absent = vocabulary.classes.size() - counts.size();
  if (absent > 0)
    std::printf("%zu %s\n", absent, absent == 1 ? "class never occurs" : "classes never occur");
}

void print_problems(const std::vector<std::string>& problems) {
  constexpr size_t kShown = 50;
  for (size_t i = 0; i < std::min(kShown, problems.size()); ++i) {
    std::printf("problem: %s\n", problems[i].c_str());
  }
  if (problems.size() > kShown) std::printf("… and %zu more\n", problems.size() - kShown);
}

void print_report(const train::DataReport& report, const classify::Vocabulary& vocabulary) {
  std::printf("%lld pictures, %lld segments, %lld crowds, sides %lld to %lld px, %.1f %% void\n",
              static_cast<long long>(report.pictures), static_cast<long long>(report.segments),
              static_cast<long long>(report.crowds),
              static_cast<long long>(report.smallest_side_px),
              static_cast<long long>(report.largest_side_px),
              report.pixels > 0 ? 100.0 * report.void_pixels / report.pixels : 0.0);
  print_classes(report, vocabulary);
  print_problems(report.problems);
}

void check(const train::SegmentationConfig& config) {
  const train::Source source =
      train::open_source(config.data, train::Purpose::training, config.run.seed);
  train::DataReport report;
  std::exception_ptr stopped;
  try {
    train::check_data(source, report, bar_until_stopped("check", "pictures"));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    stopped = std::current_exception();  // after what was found until then
  }
  print_report(report, source.vocabulary);
  if (stopped) std::rethrow_exception(stopped);
  if (!report.problems.empty()) {
    fail(ErrorCode::bad_format, report.problems.size(),
         report.problems.size() == 1 ? " problem" : " problems", " found; see above");
  }
  std::cout << "no problem found\n";
}

void train_model(const TrainFlags& flags, const train::SegmentationConfig& config) {
  keep_freed_memory();
  TrainingPlace place = join_training(flags.device);
  engine::Processes& processes = place.processes;
  TrainingConsole console("train");
  train::SegmentationTask task(config, processes, place.device, console.log());
  if (processes.is_first()) announce_stop("stopping after this step; again to stop now");
  const engine::LoopResult result = engine::run_loop(
      task, processes, config.loop, [](int64_t, int64_t) { return !stop_signal(); },
      [&](const engine::StepReport& now) { console.show(now); });
  console.finish();
  if (!processes.is_first()) return;
  const fs::path model = fs::path(flags.output) / "model.safetensors";
  task.export_model(model, weight_dtype(flags.dtype), result.steps_done);
  report_training_end(result, "model", model, config.loop.schedule.total_steps);
}

void train_command(const TrainFlags& flags, const CLI::App& command) {
  train::SegmentationConfig config;
  config.data.world = config.evaluation.world = default_world();
  engine::Settings settings;
  train::bind(settings, config);
  if (!flags.config.empty()) settings.read_file(flags.config);
  const bool check_config = flags.check.ends_with(".toml");
  if (check_config) settings.read_file(flags.check);
  for (const std::string& assignment : flags.overrides) settings.set(assignment);
  apply_short_forms(flags, config);
  if (flags.threads > 0) at::set_num_threads(static_cast<int>(flags.threads));
  if (flags.print_config) {
    std::cout << settings.to_toml();
    return;
  }
  if (!flags.check.empty()) {
    if (!check_config) find_data(flags.check, config.data);
    return check(config);
  }
  train::finish(config);
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
  command
      ->add_option("config", flags->config,
                   "TOML file of settings; --print-config shows what it may hold")
      ->type_name("CONFIG");
  command->option_defaults()->group("Settings");
  command->add_option("--set", flags->overrides, "section.key=value, over the file; repeatable")
      ->type_name("SETTING");
  command->add_option("--steps", flags->steps, "Short for --set schedule.steps=NUMBER")
      ->check(whole_number(1));
  command->add_option("--seed", flags->seed, "Short for --set run.seed=NUMBER")
      ->check(whole_number(0));
  command->add_flag("--print-config", flags->print_config, "Print all settings as TOML and stop");
  command
      ->add_option(
          "--check", flags->check,
          "Read a data set (folder, panoptic or instances JSON, TOML) and say what is wrong")
      ->type_name("DATA");
  command->option_defaults()->group("Run");
  command->add_option("-o,--output", flags->output, "Folder of checkpoints, logs and the model")
      ->type_name("FOLDER");
  command->add_flag("--resume", flags->resume, "Go on from the folder's newest checkpoint");
  command->add_option("--stop-after", flags->stop_after, "Stop after NUMBER steps, to be resumed")
      ->check(whole_number(1));
  command->add_option("--stop-after-s", flags->stop_after_s, "Stop after so many seconds")
      ->check(number(0));
  command
      ->add_option("--dtype", flags->dtype,
                   "Of the weights in model.safetensors: float32, float16 or bfloat16")
      ->check(one_of({"float32", "float16", "bfloat16"}))
      ->type_name("TYPE")
      ->capture_default_str();
  add_place_flags(*command, flags->device, flags->threads);
  command->footer(
      "Examples:\n"
      "  fcclip train --check scenes\n"
      "  fcclip train recipe.toml --set schedule.steps=1000 -o run");
  command->callback([flags, command] { train_command(*flags, *command); });
}

}  // namespace fcclip::apps
