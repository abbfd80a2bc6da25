// fcclip convert: published weights -> one self-describing model file; or CLIP's, to train on.

#include "fcclip/model/convert.h"

#include <iostream>
#include <string>
#include <vector>

#include "apps/commands.h"
#include "apps/option_checks.h"
#include "apps/own_file.h"
#include "fcclip/cli/progress_bar.h"
#include "fcclip/core/error.h"
#include "fcclip/io/checkpoint.h"
#include "fcclip/model/model_file.h"
#include "fcclip/reference_config/conversion.h"
#include "fcclip/words/load_vocabulary.h"
#include "fcclip/words/merges_file.h"

namespace fcclip::apps {
namespace {

struct ConvertFlags {
  std::vector<std::string> checkpoints;
  std::string output, clip, config, training_vocabulary, merges, container;
  std::string dtype = "float32";
  bool overwrite = false;
};

/// Also of files that hold several sets of weights, of which the conversion chooses one.
bool has_merges(const std::string& path) {
  const auto metadata = model::parse_metadata(io::open_metadata(path));
  return metadata && !metadata->merges.empty();
}

std::vector<std::string> all_files(const ConvertFlags& flags) {
  std::vector<std::string> files = flags.checkpoints;
  if (!flags.clip.empty()) files.push_back(flags.clip);
  return files;
}

/// A model file brings its own merges; everything else needs CLIP's.
std::string merges_for(const ConvertFlags& flags) {
  if (flags.merges.empty()) {
    for (const std::string& path : all_files(flags)) {
      if (has_merges(path)) return {};
    }
  }
  return words::find_merges(flags.merges);
}

at::ScalarType dtype_of(const ConvertFlags& flags) {
  return choose(flags.dtype, "--dtype", model::weight_dtypes(true));
}

void tell_notes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::cerr << "fcclip: " << note << '\n';
}

void write_model(const ConvertFlags& flags, model::ConvertOptions& options) {
  const model::Converted converted = model::convert(options);
  options.progress = {};  // takes the bar away
  tell_notes(converted.notes);
  model::save(flags.output, *converted.model, dtype_of(flags));
  std::cout << flags.output << ": " << converted.model->config.name << ", "
            << converted.model->config.provenance << '\n';
}

void check_clip_alone(const ConvertFlags& flags) {
  if (!flags.config.empty() || !flags.training_vocabulary.empty() || !flags.container.empty()) {
    fail(ErrorCode::invalid_argument,
         "--config, --training-vocabulary and --container belong to a checkpoint; --clip alone "
         "makes a file of CLIP");
  }
}

void write_clip(const ConvertFlags& flags, model::ConvertOptions& options) {
  const model::ConvertedClip converted = model::convert_clip(options);
  options.progress = {};
  tell_notes(converted.notes);
  model::save(flags.output, *converted.clip, dtype_of(flags));
  std::cout << flags.output << ": CLIP alone, " << converted.clip->provenance << '\n';
}

void convert_command(const ConvertFlags& flags) {
  if (all_files(flags).empty())
    fail(ErrorCode::invalid_argument, "CHECKPOINT is needed, or --clip FILE for a CLIP alone");
  if (flags.checkpoints.empty()) check_clip_alone(flags);
  check_own_or_new(flags.output, flags.overwrite);
  model::ConvertOptions options;
  options.checkpoints.assign(flags.checkpoints.begin(), flags.checkpoints.end());
  options.clip = flags.clip;
  options.container = flags.container;
  if (!flags.config.empty()) tell_notes(reference_config::configure(options, flags.config));
  options.merges = merges_for(flags);
  if (!flags.training_vocabulary.empty()) {
    options.training_vocabulary = words::load_vocabulary(flags.training_vocabulary);
  }
  options.progress = cli::bar_until_stopped("converting", "steps");
  if (flags.checkpoints.empty()) return write_clip(flags, options);
  write_model(flags, options);
}

void add_untold_flags(CLI::App& command, ConvertFlags& flags) {
  command.option_defaults()->group("What the checkpoint doesn't tell");
  command
      .add_option("--container", flags.container,
                  "Which weights to take of a checkpoint that holds several, such as model_ema")
      ->type_name("NAME");
  command
      .add_option("--config", flags.config,
                  "What tensors cannot tell (heads, thresholds, vocabulary): the reference's YAML "
                  "with its _BASE_ files, or JSON")
      ->type_name("FILE");
  command
      .add_option("--training-vocabulary", flags.training_vocabulary,
                  "Classes it was trained on: a file or a built-in name; default COCO's 133")
      ->type_name("VOCABULARY");
  command
      .add_option("--merges", flags.merges,
                  "CLIP's bpe_simple_vocab_16e6.txt[.gz] of the open_clip_torch package; default "
                  "$FCCLIP_MERGES or the one installed")
      ->type_name("FILE");
}

}  // namespace

void add_convert(CLI::App& app) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command = app.add_subcommand("convert", "Make a model file from published checkpoints");
  command
      ->add_option("checkpoint", flags->checkpoints,
                   "FC-CLIP checkpoint (.pth) and/or open_clip weights (.bin, .safetensors)")
      ->type_name("CHECKPOINT");
  command
      ->add_option(
          "--clip", flags->clip,
          "open_clip weights, where the checkpoint holds the head alone; without CHECKPOINT "
          "a file of CLIP to train on is written")
      ->type_name("FILE");
  command->option_defaults()->group("Output");
  command->add_option("-o,--output", flags->output, "Model file to write")
      ->required()
      ->type_name("FILE");
  add_overwrite_flag(*command, flags->overwrite);
  command
      ->add_option(
          "--dtype", flags->dtype,
          "How matrices are stored: float32, float16, bfloat16, or int8: 8 bits and a scale "
          "for each output channel, a quarter of the size")
      ->check(one_of(names_of(model::weight_dtypes(true))))
      ->type_name("TYPE")
      ->capture_default_str();
  add_untold_flags(*command, *flags);
  command->footer(
      "Examples:\n"
      "  fcclip convert fcclip_cocopan.pth -o fcclip-large.safetensors\n"
      "  fcclip convert head.safetensors --clip open_clip.safetensors -o m.safetensors\n"
      "  fcclip convert fcclip_cocopan.pth --config fcclip.yaml -o n.safetensors\n"
      "\n"
      "Published checkpoints: table Model Zoo of https://github.com/bytedance/fc-clip\n"
      "(on Google Drive, to be downloaded with a browser).");
  command->callback([flags] { convert_command(*flags); });
}

}  // namespace fcclip::apps
