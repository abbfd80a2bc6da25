// fcclip info: what a file of weights, or a configuration of the reference, is; what devices are here.

#include <iostream>
#include <string>

#include "apps/commands.h"
#include "apps/devices.h"
#include "fcclip/core/error.h"
#include "fcclip/model/summary_text.h"
#include "fcclip/reference_config/description.h"

namespace fcclip::apps {
namespace {

void tell_configuration(const std::string& path, bool json) {
  const auto stated = reference_config::read_configuration(path);
  for (const std::string& note : stated.notes) std::cerr << "fcclip: " << note << '\n';
  if (json) {
    std::cout << reference_config::description_json(stated) << '\n';
  } else {
    std::cout << reference_config::description_text(stated);
  }
}

struct InfoFlags {
  std::string file, container;
  bool devices = false, json = false;
};

void tell(const InfoFlags& flags) {
  if (flags.devices) return tell_devices(flags.json);
  if (flags.file.empty()) {
    fail(ErrorCode::invalid_argument, "FILE is missing; or ask for --devices");
  }
  if (reference_config::is_configuration(flags.file))
    return tell_configuration(flags.file, flags.json);
  const model::FileSummary summary = model::summarize_file(flags.file, flags.container);
  if (flags.json) {
    std::cout << model::to_json(summary) << '\n';
  } else {
    std::cout << model::summary_text(flags.file, summary);
  }
}

}  // namespace

void add_info(CLI::App& app) {
  auto flags = std::make_shared<InfoFlags>();
  CLI::App* command = app.add_subcommand(
      "info",
      "Tell what a model file, a checkpoint, a configuration of the reference or this machine is");
  CLI::Option* file = command->add_option(
      "file", flags->file, "Model file, checkpoint, CLIP weights or the reference's YAML");
  file->type_name("FILE");
  command
      ->add_option("--container", flags->container,
                   "Which weights of a checkpoint that holds several, such as model_ema")
      ->type_name("NAME");
  command
      ->add_flag("--devices", flags->devices,
                 "Instead: what --device can name here, and why a GPU is not among it")
      ->excludes(file);
  command->add_flag("--json", flags->json, "Everything known about it, as JSON");
  command->footer(
      "Examples:\n"
      "  fcclip info fcclip_cocopan.pth\n"
      "  fcclip info --devices");
  command->callback([flags] { tell(*flags); });
}

}  // namespace fcclip::apps
