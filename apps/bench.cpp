// fcclip bench: what this machine does with a model.

#include <fcntl.h>
#include <iostream>
#include <spawn.h>
#include <sys/wait.h>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "apps/bench_table.h"
#include "apps/commands.h"
#include "apps/picture_flags.h"
#include "apps/place_flags.h"
#include "apps/segment_options.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/measure/machine.h"
#include "fcclip/runs/stopwatch.h"

namespace fcclip::apps {
namespace {

struct BenchFlags {
  ModelFlags model;
  std::string picture;
  bool quick = false, json = false;
};

// The program from nothing to its first line and back; no step where it can't be started again.
std::optional<measure::Step> program_start(bool quick) {
  measure::Step step{"start", "fcclip --version"};
  const char* program = "/proc/self/exe";
  const char* arguments[] = {"fcclip", "--version", nullptr};
  posix_spawn_file_actions_t silently;
  posix_spawn_file_actions_init(&silently);
  posix_spawn_file_actions_addopen(&silently, 1, "/dev/null", O_WRONLY, 0);
  bool works = true;
  for (int i = 0; works && !cli::stop_signal() && i < (quick ? 3 : 5); ++i) {
    const runs::Stopwatch watch;
    pid_t child = 0;
    int status = 0;
    works = posix_spawn(&child, program, &silently, nullptr, const_cast<char**>(arguments),
                        environ) == 0 &&
            waitpid(child, &status, 0) == child && status == 0;
    step.seconds.push_back(watch.seconds());
  }
  posix_spawn_file_actions_destroy(&silently);
  if (!works || step.seconds.empty()) return std::nullopt;
  return step;
}

void bench(const BenchFlags& flags) {
  measure::Plan plan;
  plan.model = find_model(flags.model.model);
  plan.device = flags.model.device;
  plan.threads = flags.model.threads;
  plan.products = ops::products_named(flags.model.dtype, parse_device(flags.model.device));
  plan.quick = flags.quick;
  if (flags.quick) plan.seconds_per_step = 0.25;
  if (!flags.picture.empty()) plan.rgb = image::read_rgb(flags.picture);
  plan.progress = cli::bar_until_stopped("measuring", "steps");
  cli::stop_signal();  // from here on a signal ends the run at the next step
  const std::optional<measure::Step> start = program_start(flags.quick);
  measure::Measured measured = measure::measure_machine(plan);
  plan.progress = {};
  if (start) measured.steps.insert(measured.steps.begin(), *start);
  if (flags.json) {
    std::cout << bench_json(measured, plan) << '\n';
  } else {
    print_bench(std::cout, measured, plan);
  }
  if (!std::cout.flush()) fail(ErrorCode::io_failure, "cannot write to the standard output");
}

}  // namespace

void add_bench(CLI::App& app) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* command = app.add_subcommand(
      "bench",
      "Measure what this machine does: every step of a question, beside the processor's peak");
  command
      ->add_option("picture", flags->picture,
                   "A picture to measure with; default one of 640x480 "
                   "that is made up")
      ->type_name("PICTURE");
  command->option_defaults()->group("Output");
  command->add_flag("--json", flags->json, "All times of all repeats, as JSON");
  command->add_flag("--quick", flags->quick, "Fewer sizes and repeats");
  command->option_defaults()->group("Model");
  command
      ->add_option("-m,--model", flags->model.model,
                   "Model file; default $FCCLIP_MODEL or the bundled model")
      ->type_name("FILE");
  add_place_flags(*command, flags->model.device, flags->model.threads);
  add_dtype_flag(*command, flags->model.dtype);
  command->footer(
      "Examples:\n"
      "  fcclip bench --quick\n"
      "  fcclip bench photo.jpg --model fcclip-large.safetensors --json");
  command->callback([flags] { bench(*flags); });
}

}  // namespace fcclip::apps
