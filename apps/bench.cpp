// fcclip bench: what this machine does with a model.

#include <iostream>

#include "apps/commands.h"
#include "apps/picture_flags.h"
#include "apps/place_flags.h"
#include "apps/segment_options.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/cli/standard_streams.h"
#include "fcclip/cli/stop_signal.h"
#include "fcclip/core/device.h"
#include "fcclip/core/error.h"
#include "fcclip/image/image_file.h"
#include "fcclip/measure/machine.h"
#include "fcclip/measure/measured_text.h"
#include "fcclip/measure/program_start.h"

namespace fcclip::apps {
namespace {

struct BenchFlags {
  ModelFlags model;
  std::string picture;
  bool quick = false, json = false;
};

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
  const std::optional<measure::Step> start =
      measure::program_start(flags.quick ? 3 : 5, [] { return !cli::stop_signal(); });
  measure::Measured measured = measure::measure_machine(plan);
  plan.progress = {};
  if (start) measured.steps.insert(measured.steps.begin(), *start);
  if (flags.json) {
    std::cout << measure::measured_json(measured, plan) << '\n';
  } else {
    measure::write_measured(std::cout, measured, plan);
  }
  cli::check_standard_output();
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
