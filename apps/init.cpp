// fcclip init: a model file with untrained weights, for trying, testing and measuring.

#include <iostream>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/own_file.h"
#include "fcclip/core/listed.h"
#include "fcclip/model/model_file.h"
#include "fcclip/model/untrained.h"
#include "fcclip/words/merges_file.h"

namespace fcclip::apps {
namespace {

struct InitFlags {
  std::string preset = "tiny", head = "fcclip", output, merges;
  uint64_t seed = 1;
  bool overwrite = false;
};

void init(const InitFlags& flags) {
  check_own_or_new(flags.output, flags.overwrite);
  model::Config config = model::preset_config(flags.preset);
  model::set_preset_head(config, flags.head);
  model::Model model(config);
  model.clip->tokenizer =
      model::make_tokenizer(words::find_merges(flags.merges), model.config.clip.text);
  model.config.provenance = "untrained weights, seed " + std::to_string(flags.seed);
  model::fill_untrained(model, flags.seed);
  model::save(flags.output, model);
  std::cout << flags.output << ": " << flags.preset << ", untrained\n";
}

}  // namespace

void add_init(CLI::App& app) {
  auto flags = std::make_shared<InitFlags>();
  CLI::App* command = app.add_subcommand(
      "init", "Make a model file with untrained weights (to try, test, measure)");
  const std::vector<std::string> presets = model::preset_names();
  command->add_option("-o,--output", flags->output, "Model file to write")
      ->required()
      ->type_name("FILE");
  add_overwrite_flag(*command, flags->overwrite);
  command->add_option("--preset", flags->preset, "Its size: " + listed(presets))
      ->check(one_of(presets))
      ->type_name("NAME")
      ->capture_default_str();
  const std::vector<std::string> heads = model::preset_heads();
  command->add_option("--head", flags->head, "What names its masks: " + listed(heads))
      ->check(one_of(heads))
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--seed", flags->seed, "Changes every weight")->capture_default_str();
  command
      ->add_option("--merges", flags->merges,
                   "CLIP's merge file; default $FCCLIP_MERGES or the one installed")
      ->type_name("FILE");
  command->footer(
      "Example:\n"
      "  fcclip init --preset tiny -o tiny.safetensors");
  command->callback([flags] { init(*flags); });
}

}  // namespace fcclip::apps
