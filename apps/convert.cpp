// fcclip convert: published weights -> one self-describing model file.

#include "fcclip/model/convert.h"

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/own_file.h"
#include "apps/progress_bar.h"
#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/checkpoint.h"
#include "fcclip/model/model_file.h"
#include "fcclip/words/load_vocabulary.h"
#include "fcclip/words/merges_file.h"

namespace fcclip::apps {
namespace {

struct ConvertFlags {
  std::vector<std::string> checkpoints;
  std::string output, config, training_vocabulary, merges, container;
  std::string dtype = "float32";
  bool overwrite = false;
};

const std::map<std::string, at::ScalarType> kDtypes = {{"float32", at::ScalarType::Float},
                                                       {"float16", at::ScalarType::Half},
                                                       {"bfloat16", at::ScalarType::BFloat16}};

constexpr size_t kConfigLimit = size_t{1} << 26;

/// Also of files that hold several sets of weights, of which the conversion chooses one.
bool has_merges(const std::string& path) {
  const auto metadata = model::parse_metadata(io::open_metadata(path));
  return metadata && !metadata->merges.empty();
}

/// A model file brings its own merges; everything else needs CLIP's.
std::string merges_for(const ConvertFlags& flags) {
  if (flags.merges.empty()) {
    for (const std::string& path : flags.checkpoints) {
      if (has_merges(path)) return {};
    }
  }
  return words::find_merges(flags.merges);
}

void convert_command(const ConvertFlags& flags) {
  check_own_or_new(flags.output, flags.overwrite);
  model::ConvertOptions options;
  options.checkpoints.assign(flags.checkpoints.begin(), flags.checkpoints.end());
  options.container = flags.container;
  options.merges = merges_for(flags);
  if (!flags.config.empty()) options.reference_config = io::read_file(flags.config, kConfigLimit);
  if (!flags.training_vocabulary.empty()) {
    options.training_vocabulary = words::load_vocabulary(flags.training_vocabulary);
  }
  options.progress = bar_until_stopped("converting", "steps");
  const model::Converted converted = model::convert(options);
  options.progress = {};  // takes the bar away
  for (const std::string& note : converted.notes) std::cerr << "fcclip: " << note << '\n';
  model::save(flags.output, *converted.model, kDtypes.at(flags.dtype));
  std::cout << flags.output << ": " << converted.model->config.name << ", "
            << converted.model->config.provenance << '\n';
}

}  // namespace

void add_convert(CLI::App& app) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command = app.add_subcommand("convert", "Make a model file from published checkpoints");
  command
      ->add_option("checkpoint", flags->checkpoints,
                   "FC-CLIP checkpoint (.pth) and/or open_clip weights (.bin, .safetensors)")
      ->required()
      ->type_name("CHECKPOINT");
  command->option_defaults()->group("Output");
  command->add_option("-o,--output", flags->output, "Model file to write")
      ->required()
      ->type_name("FILE");
  add_overwrite_flag(*command, flags->overwrite);
  command
      ->add_option("--dtype", flags->dtype, "How matrices are stored: float32, float16, bfloat16")
      ->check(one_of({"float32", "float16", "bfloat16"}))
      ->type_name("TYPE")
      ->capture_default_str();
  command->option_defaults()->group("What the checkpoint doesn't tell");
  command
      ->add_option("--container", flags->container,
                   "Which weights to take of a checkpoint that holds several, such as model_ema")
      ->type_name("NAME");
  command
      ->add_option("--config", flags->config,
                   "JSON with what tensors cannot tell (heads, thresholds, vocabulary)")
      ->type_name("FILE");
  command
      ->add_option("--training-vocabulary", flags->training_vocabulary,
                   "Classes it was trained on: a file or a built-in name; default COCO's 133")
      ->type_name("VOCABULARY");
  command
      ->add_option("--merges", flags->merges,
                   "CLIP's bpe_simple_vocab_16e6.txt[.gz] of the open_clip_torch package; default "
                   "$FCCLIP_MERGES or the one installed")
      ->type_name("FILE");
  command->footer(
      "Example:\n"
      "  fcclip convert fcclip_cocopan.pth -o fcclip-large.safetensors\n"
      "\n"
      "Published checkpoints: table Model Zoo of https://github.com/bytedance/fc-clip\n"
      "(on Google Drive, to be downloaded with a browser).");
  command->callback([flags] { convert_command(*flags); });
}

}  // namespace fcclip::apps
