// fcclip info: what a file of weights, or a configuration of the reference, is; what devices are here.

#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/devices.h"
#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/io/file_kind.h"
#include "fcclip/model/file_summary.h"
#include "fcclip/reference_config/configuration.h"

namespace fcclip::apps {
namespace {

std::string in_a_row(const std::vector<int64_t>& values) {
  return listed(
      values, [](int64_t value) { return std::to_string(value); }, " ");
}

/// 1234567 -> "1,234,567"
std::string grouped(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string tower_text(const clip::ClipConfig& config) {
  std::ostringstream text;
  if (config.tower == clip::TowerKind::convnext) {
    text << "ConvNeXt, depths " << in_a_row(config.convnext.depths) << ", channels "
         << in_a_row(config.convnext.dims) << ", "
         << (config.convnext.head == clip::HeadKind::mlp ? "MLP" : "linear") << " head, eps "
         << config.convnext.norm_eps;
  } else {
    text << "ModifiedResNet, layers " << in_a_row(config.resnet.layers) << ", width "
         << config.resnet.width << ", " << config.resnet.heads << " pooling heads on a grid of "
         << config.resnet.pool_grid;
  }
  text << ", embedding " << config.embed_dim;
  return text.str();
}

std::string text_tower_text(const clip::TextConfig& config) {
  std::ostringstream text;
  text << config.layers << " layers, width " << config.width << ", " << config.heads << " heads, "
       << config.vocab_size << " tokens, context " << config.context_length << ", "
       << (config.quick_gelu ? "QuickGELU" : "GELU");
  return text.str();
}

void row(const std::string& label, const std::string& value) {
  std::cout << "  " << std::left << std::setw(21) << label << value << '\n';
}

void print_head(const model::Config& config) {
  const head::PixelDecoderConfig& pixel = config.pixel_decoder;
  const head::MaskDecoderConfig& mask = config.mask_decoder;
  std::ostringstream text;
  text << pixel.encoder_layers << " encoder layers, width " << pixel.conv_dim << ", " << pixel.heads
       << " heads, " << pixel.points << " points";
  row("pixel decoder", text.str());
  text.str("");
  text << mask.layers << " layers, width " << mask.hidden_dim << ", " << mask.heads << " heads, "
       << mask.queries << " queries";
  row("mask decoder", text.str());
  text.str("");
  text << "alpha " << config.ensemble.alpha << ", beta " << config.ensemble.beta
       << (config.ensemble.only_valid_masks ? ", valid masks only" : "") << "; object threshold "
       << config.panoptic.object_mask_threshold << ", overlap " << config.panoptic.overlap_threshold
       << ", top " << config.instances.top_k;
  row("inference", text.str());
  if (!config.naming.is_plain() || config.ensemble.clip_trust != 0)
    row("head", model::head_description(config));
}

void print_vocabulary(const model::FileSummary& summary) {
  const classify::Vocabulary& words = summary.config->training_vocabulary;
  if (!words.classes.empty()) {
    row("training vocabulary", std::to_string(words.classes.size()) + " classes" +
                                   (words.name.empty() ? "" : " (" + words.name + ")"));
  } else if (summary.training_classes > 0) {
    row("training vocabulary", std::to_string(summary.training_classes) + " classes, not named");
  } else if (summary.kind == model::FileKind::model_file) {
    row("training vocabulary", "none: every class counts as unseen");
  }
}

void print_config(const model::FileSummary& summary) {
  if (!summary.config) {
    if (!summary.not_recognized.empty()) row("not recognised", summary.not_recognized);
    return;
  }
  const model::Config& config = *summary.config;
  row("architecture", config.name);
  row("image tower", tower_text(config.clip));
  row("text tower", text_tower_text(config.clip.text));
  if (summary.kind != model::FileKind::clip) print_head(config);
  print_vocabulary(summary);
  if (!config.provenance.empty()) row("provenance", config.provenance);
}

void print_summary(const std::string& path, const model::FileSummary& summary) {
  std::cout << path << ": " << model::kind_name(summary.kind) << " (" << summary.format << ", "
            << grouped(static_cast<int64_t>(summary.file_bytes)) << " bytes)\n";
  print_config(summary);
  int64_t total = 0;
  for (const auto& [part, count] : summary.parameters) total += count;
  row("parameters", grouped(total) + " in " + std::to_string(summary.tensors) + " tensors");
  for (const auto& [part, count] : summary.parameters) row("  " + part, grouped(count));
  std::string types;
  for (const auto& [type, count] : summary.dtypes) {
    add_to_list(types, type + " × " + std::to_string(count));
  }
  row("element types", types);
  if (!summary.container.empty()) row("weights under", summary.container);
  if (!summary.prefix.empty()) row("names begin with", summary.prefix + ".");
  if (!summary.others.empty()) row("also in the file", listed(summary.others));
  if (summary.iteration) row("iteration", grouped(*summary.iteration));
}

/// The model that a configuration of the reference describes.
void tell_configuration(const std::string& path, bool json) {
  const auto stated = reference_config::read_configuration(path);
  for (const std::string& note : stated.notes) std::cerr << "fcclip: " << note << '\n';
  model::FileSummary summary;
  summary.kind = model::FileKind::checkpoint;
  summary.config = reference_config::named_model(stated);
  summary.config->provenance.clear();
  if (json) {
    const nlohmann::json all = {{"kind", "configuration of the reference"},
                                {"tasks", reference_config::tasks(stated)},
                                {"config", nlohmann::json::parse(model::to_json(*summary.config))}};
    std::cout << all.dump(2) << '\n';
    return;
  }
  std::cout << path << ": configuration of the reference\n";
  print_config(summary);
  const model::PixelConfig& pixels = summary.config->pixels;
  row("input", "shorter side " + std::to_string(pixels.short_side) + ", longer at most " +
                   std::to_string(pixels.max_side) + ", multiples of " +
                   std::to_string(pixels.size_divisor));
  row("tasks", reference_config::tasks(stated));
}

/// A text with a section that the reference's configurations have.
bool is_configuration(const std::string& path) {
  constexpr uintmax_t kLargest = 1 << 20;
  if (!io::file_kind_at(path).what.starts_with("text")) return false;
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) > kLargest) return false;
  const std::string text = "\n" + io::read_file(path);
  for (const char* section : {"_BASE_:", "MODEL:", "SOLVER:", "INPUT:", "DATASETS:", "TEST:"}) {
    if (text.find(std::string("\n") + section) != std::string::npos) return true;
  }
  return false;
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
  if (is_configuration(flags.file)) return tell_configuration(flags.file, flags.json);
  const model::FileSummary summary = model::summarize_file(flags.file, flags.container);
  if (flags.json) {
    std::cout << model::to_json(summary) << '\n';
  } else {
    print_summary(flags.file, summary);
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
