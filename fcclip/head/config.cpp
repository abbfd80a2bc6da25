#include "fcclip/head/config.h"

#include "fcclip/core/check.h"

namespace fcclip::head {
namespace {

constexpr int64_t kMostLayers = 1000, kMostChannels = 1 << 16;

void require(bool holds, std::string_view what) {
  if (!holds) fail(ErrorCode::invalid_argument, "model configuration: ", what);
}

}  // namespace

void validate(const PixelDecoderConfig& config) {
  require(config.in_channels.size() == 4,
          "pixel_decoder.in_channels must be those of res2 to res5");
  check_counts("model configuration: pixel_decoder.in_channels", config.in_channels, kMostChannels);
  check_counts("model configuration: pixel_decoder widths",
               {config.conv_dim, config.mask_dim, config.ffn_dim}, kMostChannels);
  check_counts("model configuration: pixel_decoder counts",
               {config.encoder_layers, config.heads, config.points, config.norm_groups},
               kMostLayers);
  require(config.conv_dim % config.heads == 0,
          "pixel_decoder.conv_dim must be a multiple of heads");
  require(config.conv_dim % config.norm_groups == 0,
          "pixel_decoder.conv_dim must be a multiple of norm_groups");
  require(config.conv_dim % 4 == 0, "pixel_decoder.conv_dim must be a multiple of 4");
}

void validate(const MaskDecoderConfig& config) {
  check_counts("model configuration: mask_decoder widths and queries",
               {config.in_dim, config.hidden_dim, config.mask_dim, config.embed_dim, config.ffn_dim,
                config.queries},
               kMostChannels);
  check_counts("model configuration: mask_decoder counts", {config.layers, config.heads},
               kMostLayers);
  require(config.hidden_dim % config.heads == 0,
          "mask_decoder.hidden_dim must be a multiple of heads");
  require(config.hidden_dim % 4 == 0, "mask_decoder.hidden_dim must be a multiple of 4");
  // The pooled mask features are added to the queries.
  require(config.mask_dim == config.hidden_dim, "mask_decoder.mask_dim must equal hidden_dim");
}

}  // namespace fcclip::head
