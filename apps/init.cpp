// fcclip init: a model file with untrained weights, for trying, testing and measuring.

#include <iostream>

#include "apps/commands.h"
#include "apps/merges.h"
#include "fcclip/clip/tokenizer.h"
#include "fcclip/segmenter/untrained.h"

namespace fcclip::apps {
namespace {

struct InitFlags {
  std::string preset = "tiny", output, merges;
  uint64_t seed = 1;
};

void init(const InitFlags& flags) {
  Model model(preset_config(flags.preset));
  model.tokenizer = std::make_unique<clip::Tokenizer>(find_merges(flags.merges));
  model.config.provenance = "untrained weights, seed " + std::to_string(flags.seed);
  fill_untrained(model, flags.seed);
  save_model(flags.output, model);
  std::cout << flags.output << ": " << flags.preset << ", untrained\n";
}

}  // namespace

void add_init(CLI::App& app) {
  auto flags = std::make_shared<InitFlags>();
  CLI::App* command = app.add_subcommand(
      "init", "Make a model file with untrained weights (to try, test, measure)");
  command->add_option("-o,--output", flags->output, "Model file to write")->required();
  command
      ->add_option("--preset", flags->preset,
                   "tiny, RN50, convnext_base_w_320, convnext_large_d_320")
      ->capture_default_str();
  command->add_option("--seed", flags->seed, "Changes every weight")->capture_default_str();
  command->add_option("--merges", flags->merges, "CLIP's merge file");
  command->callback([flags] { init(*flags); });
}

}  // namespace fcclip::apps
