#include "fcclip/naming/config.h"

#include <sstream>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"

namespace fcclip::naming {
namespace {

constexpr int64_t kMostChannels = 1 << 16;

void need(bool holds, std::string_view what) {
  if (!holds) fail(ErrorCode::invalid_argument, "model configuration: head.", what);
}

}  // namespace

std::string NamingConfig::kind() const {
  if (adapter) return "mask_adapter";
  return rows ? "maft_plus" : "fcclip";
}

std::string description(const NamingConfig& config) {
  if (config.is_plain()) return "FC-CLIP";
  std::ostringstream text;
  if (config.adapter) text << "Mask-Adapter on ";
  text << (config.rows ? "MAFT+" : "FC-CLIP");
  if (config.adapter) {
    text << ", " << config.adapter->maps << " maps of " << config.adapter->channels
         << " channels, mask threshold " << config.adapter->mask_threshold;
  }
  if (config.rows) {
    text << ", text rows with " << config.rows->heads << " heads, residual "
         << (config.rows->residual_inside_norm ? "inside" : "outside") << " the norm";
  }
  return text.str();
}

void validate(const NamingConfig& config, const clip::ClipConfig& clip) {
  if (config.is_plain()) return;
  need(clip.tower == clip::TowerKind::convnext, "kind: needs a ConvNeXt");
  if (config.adapter) {
    const AdapterConfig& adapter = *config.adapter;
    check_counts("model configuration: head's sizes",
                 {adapter.mask_channels, adapter.channels, adapter.maps}, kMostChannels);
    need(adapter.mask_channels % 4 == 0, "mask_in_channels must be a multiple of 4");
    need(adapter.mask_threshold > 0 && adapter.mask_threshold < 1,
         "mask_threshold must lie between 0 and 1");
  }
  if (config.rows) {
    check_counts("model configuration: head.cdt_heads", {config.rows->heads}, kMostChannels);
    need(clip.embed_dim % config.rows->heads == 0, "cdt_heads must divide clip.embed_dim");
    need(clip.embed_dim % 4 == 0, "kind: clip.embed_dim must be a multiple of 4");
  }
}

}  // namespace fcclip::naming
