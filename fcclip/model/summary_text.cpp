#include "fcclip/model/summary_text.h"

#include <iomanip>
#include <sstream>
#include <vector>

#include "fcclip/core/listed.h"

namespace fcclip::model {
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

std::string head_facts(const Config& config) {
  const head::PixelDecoderConfig& pixel = config.pixel_decoder;
  const head::MaskDecoderConfig& mask = config.mask_decoder;
  std::ostringstream pixels, masks, inference;
  pixels << pixel.encoder_layers << " encoder layers, width " << pixel.conv_dim << ", "
         << pixel.heads << " heads, " << pixel.points << " points";
  masks << mask.layers << " layers, width " << mask.hidden_dim << ", " << mask.heads << " heads, "
        << mask.queries << " queries";
  inference << "alpha " << config.ensemble.alpha << ", beta " << config.ensemble.beta
            << (config.ensemble.only_valid_masks ? ", valid masks only" : "")
            << "; object threshold " << config.panoptic.object_mask_threshold << ", overlap "
            << config.panoptic.overlap_threshold << ", top " << config.instances.top_k;
  std::string text = fact_line("pixel decoder", pixels.str()) +
                     fact_line("mask decoder", masks.str()) +
                     fact_line("inference", inference.str());
  if (!config.naming.is_plain() || config.ensemble.clip_trust != 0)
    text += fact_line("head", head_description(config));
  return text;
}

std::string vocabulary_fact(const FileSummary& summary) {
  const classify::Vocabulary& words = summary.config->training_vocabulary;
  std::string value;
  if (!words.classes.empty()) {
    value = std::to_string(words.classes.size()) + " classes" +
            (words.name.empty() ? "" : " (" + words.name + ")");
  } else if (summary.training_classes > 0) {
    value = std::to_string(summary.training_classes) + " classes, not named";
  } else if (summary.kind == FileKind::model_file) {
    value = "none: every class counts as unseen";
  }
  return value.empty() ? "" : fact_line("training vocabulary", value);
}

}  // namespace

std::string fact_line(const std::string& label, const std::string& value) {
  std::ostringstream line;
  line << "  " << std::left << std::setw(21) << label << value << '\n';
  return line.str();
}

std::string configuration_facts(const FileSummary& summary) {
  if (!summary.config) {
    return summary.not_recognized.empty() ? ""
                                          : fact_line("not recognised", summary.not_recognized);
  }
  const Config& config = *summary.config;
  std::string text = fact_line("architecture", config.name) +
                     fact_line("image tower", tower_text(config.clip)) +
                     fact_line("text tower", text_tower_text(config.clip.text));
  if (summary.kind != FileKind::clip) text += head_facts(config);
  text += vocabulary_fact(summary);
  if (!config.provenance.empty()) text += fact_line("provenance", config.provenance);
  return text;
}

std::string summary_text(const std::string& name, const FileSummary& summary) {
  std::string text = name + ": " + kind_name(summary.kind) + " (" + summary.format + ", " +
                     grouped(static_cast<int64_t>(summary.file_bytes)) + " bytes)\n" +
                     configuration_facts(summary);
  int64_t total = 0;
  for (const auto& [part, count] : summary.parameters) total += count;
  text += fact_line("parameters",
                    grouped(total) + " in " + std::to_string(summary.tensors) + " tensors");
  for (const auto& [part, count] : summary.parameters) {
    text += fact_line("  " + part, grouped(count));
  }
  std::string types;
  for (const auto& [type, count] : summary.dtypes) {
    add_to_list(types, type + " × " + std::to_string(count));
  }
  text += fact_line("element types", types);
  if (!summary.container.empty()) text += fact_line("weights under", summary.container);
  if (!summary.prefix.empty()) text += fact_line("names begin with", summary.prefix + ".");
  if (!summary.others.empty()) text += fact_line("also in the file", listed(summary.others));
  if (summary.iteration) text += fact_line("iteration", grouped(*summary.iteration));
  return text;
}

}  // namespace fcclip::model
