// fcclip train: a mask generator on a frozen CLIP, by the published recipe.

#include <cstdio>
#include <filesystem>
#include <iostream>

#include <ATen/Parallel.h>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/place_flags.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/training_place.h"
#include "apps/warm_memory.h"
#include "apps/weight_dtype.h"
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

int64_t longest_name(const classify::Vocabulary& vocabulary) {
  size_t longest = 0;
  for (const auto& entry : vocabulary.classes) {
    longest = std::max(longest, entry.synonyms.front().size());
  }
  return static_cast<int64_t>(longest);
}

void print_report(const train::DataReport& report, const classify::Vocabulary& vocabulary) {
  constexpr size_t kShown = 50;
  std::printf("%lld pictures, %lld segments, %lld crowds, sides %lld to %lld px, %.1f %% void\n",
              static_cast<long long>(report.pictures), static_cast<long long>(report.segments),
              static_cast<long long>(report.crowds),
              static_cast<long long>(report.smallest_side_px),
              static_cast<long long>(report.largest_side_px),
              report.pixels > 0 ? 100.0 * report.void_pixels / report.pixels : 0.0);
  const auto width = static_cast<int>(longest_name(vocabulary));
  int64_t absent = 0;
  for (size_t k = 0; k < vocabulary.classes.size(); ++k) {
    const auto found = report.segments_per_class.find(static_cast<int64_t>(k));
    if (found == report.segments_per_class.end()) {
      ++absent;
      continue;
    }
    std::printf("  %-*s %lld\n", width, vocabulary.classes[k].synonyms.front().c_str(),
                static_cast<long long>(found->second));
  }
  if (absent > 0) std::printf("%lld classes never occur\n", static_cast<long long>(absent));
  for (size_t i = 0; i < std::min(kShown, report.problems.size()); ++i) {
    std::printf("problem: %s\n", report.problems[i].c_str());
  }
  if (report.problems.size() > kShown) {
    std::printf("… and %zu more\n", report.problems.size() - kShown);
  }
}

void check(const train::SegmentationConfig& config) {
  const train::Source source =
      train::open_source(config.data, train::Purpose::training, config.run.seed);
  std::optional<Progress> bar;
  const train::DataReport report = train::check_data(source, [&](int64_t done, int64_t total) {
    if (!bar) bar.emplace("check", total, "pictures");
    bar->update(done);
    return !stop_signal();
  });
  bar.reset();
  print_report(report, source.vocabulary);
  if (!report.problems.empty()) {
    fail(ErrorCode::bad_format, report.problems.size(), " problems found; see above");
  }
  std::cout << "no problem found\n";
}

std::string note_of(const train::Numbers& numbers) {
  char text[64];
  std::snprintf(text, sizeof text, "loss %.3f", numbers.at("loss"));
  return text;
}

void train_model(const TrainFlags& flags, const train::SegmentationConfig& config) {
  if (flags.output.empty()) {
    fail(ErrorCode::invalid_argument, "--output is needed: a folder for checkpoints and the model");
  }
  keep_freed_memory();
  TrainingPlace place = join_training(flags.device);
  train::Processes& processes = place.processes;
  train::SegmentationTask task(config, processes, place.device);
  std::optional<Progress> bar;
  const train::LoopResult result =
      train::run_loop(task, processes, config.loop, stop_signal(), [&](const train::Progress& now) {
        if (!bar) bar.emplace("train", now.total_steps, "steps", now.step - 1);
        bar->update(now.step, note_of(now.numbers));
      });
  bar.reset();
  if (!processes.is_first()) return;
  const fs::path model = fs::path(flags.output) / "model.safetensors";
  task.export_model(model, weight_dtype(flags.dtype), result.steps_done);
  std::cout << model.string() << ": step " << result.steps_done << " of "
            << config.loop.schedule.total_steps << (result.finished ? "" : "; go on with --resume")
            << '\n';
}

void train_command(const TrainFlags& flags) {
  train::SegmentationConfig config;
  train::Settings settings;
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
  command->callback([flags] { train_command(*flags); });
}

}  // namespace fcclip::apps
