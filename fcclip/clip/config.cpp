#include "fcclip/clip/config.h"

#include "fcclip/core/check.h"

namespace fcclip::clip {
namespace {

constexpr int64_t kMostBlocks = 1000, kMostChannels = 1 << 16, kMostTokens = 1 << 24;

void require(bool holds, std::string_view what) {
  if (!holds) fail(ErrorCode::invalid_argument, "model configuration: ", what);
}

}  // namespace

void validate_image_tower(const ClipConfig& config) {
  const bool convnext = config.tower == TowerKind::convnext;
  const std::vector<int64_t>& layers = convnext ? config.convnext.depths : config.resnet.layers;
  require(layers.size() == 4, "the image tower needs four stages");
  check_counts("model configuration: blocks of an image tower's stage", layers, kMostBlocks);
  check_counts("model configuration: clip.embed_dim", {config.embed_dim}, kMostChannels);
  if (convnext) {
    const ConvNextConfig& sizes = config.convnext;
    require(sizes.dims.size() == 4, "clip.convnext.dims must be four");
    check_counts("model configuration: clip.convnext.dims", sizes.dims, kMostChannels);
    check_counts("model configuration: clip.convnext.head_hidden", {sizes.head_hidden},
                 kMostChannels);
    require(sizes.norm_eps > 0, "clip.convnext.norm_eps must be above 0");
    return;
  }
  const ResNetConfig& sizes = config.resnet;
  // The stem's first two convolutions have half the width.
  check_counts("model configuration: clip.resnet.width / 2, heads, pool_grid",
               {sizes.width / 2, sizes.heads, sizes.pool_grid}, kMostChannels / 32);
  require(config.feature_channels().back() % sizes.heads == 0,
          "clip.resnet.heads must divide the channels of the last stage");
}

void validate_text_tower(const ClipConfig& config) {
  const TextConfig& text = config.text;
  check_counts("model configuration: clip.embed_dim, clip.text.width",
               {config.embed_dim, text.width}, kMostChannels);
  check_counts("model configuration: clip.text.heads, layers", {text.heads, text.layers},
               kMostBlocks);
  check_counts("model configuration: clip.text.vocab_size", {text.vocab_size}, kMostTokens);
  check_counts("model configuration: clip.text.context_length", {text.context_length},
               kMostChannels);
  require(text.width % text.heads == 0, "clip.text.width must be a multiple of heads");
}

}  // namespace fcclip::clip
