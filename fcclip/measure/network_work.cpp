#include "fcclip/measure/network_work.h"

#include <array>

namespace fcclip::measure {
namespace {

double convnext_flop(const clip::ConvNextConfig& config, double pixels) {
  double flop = 0, at = pixels / 16, in = 3.0 * 16;
  for (size_t stage = 0; stage < config.dims.size(); ++stage) {
    const auto channels = static_cast<double>(config.dims[stage]);
    flop += 2 * at * in * channels;  // the stem, or the step to half the size
    // Two linear layers of four times the width, and 7×7 in each channel.
    flop += static_cast<double>(config.depths[stage]) * at * channels * (16 * channels + 98);
    at /= 4;
    in = 4 * channels;
  }
  return flop;
}

double resnet_flop(const clip::ResNetConfig& config, double pixels) {
  const auto width = static_cast<double>(config.width);
  double flop = 2 * pixels / 4 * 9 * (3 * width / 2 + width / 2 * width / 2 + width / 2 * width);
  double at = pixels / 16, in = width, narrow = width;
  for (size_t layer = 0; layer < config.layers.size(); ++layer) {
    const double after = layer == 0 ? at : at / 4;  // averaged behind the 3×3 of the first block
    for (int64_t block = 0; block < config.layers[layer]; ++block) {
      flop += 2 * at * (in * narrow + 9 * narrow * narrow) + 2 * after * narrow * 4 * narrow;
      if (block == 0) flop += 2 * after * in * 4 * narrow;
      at = after;
      in = 4 * narrow;
    }
    narrow *= 2;
  }
  return flop;
}

double pixel_decoder_flop(const head::PixelDecoderConfig& config, double pixels) {
  const auto width = static_cast<double>(config.conv_dim);
  const std::array<double, head::kLevels> tokens = {pixels / 1024, pixels / 256, pixels / 64};
  double flop = 0, all = 0;
  for (size_t level = 0; level < tokens.size(); ++level) {
    flop += 2 * tokens[level] * width *
            static_cast<double>(config.in_channels[config.in_channels.size() - 1 - level]);
    all += tokens[level];
  }
  const auto samples = static_cast<double>(config.heads * head::kLevels * config.points);
  // Values, places (x, y), weights, their projection, and the feed-forward layers.
  const double a_token =
      width * (2 * width + 3 * samples + 2 * static_cast<double>(config.ffn_dim));
  flop += 2 * all * a_token * static_cast<double>(config.encoder_layers);
  // At stride 4: res2's way in, 3×3, mask features.
  return flop + 2 * pixels / 16 * width *
                    (static_cast<double>(config.in_channels.front()) + 9 * width +
                     static_cast<double>(config.mask_dim));
}

double mask_decoder_flop(const head::MaskDecoderConfig& config, double pixels) {
  const auto width = static_cast<double>(config.hidden_dim);
  const auto queries = static_cast<double>(config.queries);
  const std::array<double, head::kLevels> tokens = {pixels / 1024, pixels / 256, pixels / 64};
  double flop = 0;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const double looked_at = tokens[static_cast<size_t>(layer) % tokens.size()];
    flop += 2 * width * (2 * queries * width + 2 * looked_at * width + 2 * queries * looked_at);
    flop += 2 * width * (4 * queries * width + 2 * queries * queries);
    flop += 4 * queries * width * static_cast<double>(config.ffn_dim);
  }
  // Masks, at the end at stride 4, before a layer where it looks: two layers make the embedding.
  const auto mask_width = static_cast<double>(config.mask_dim);
  double looks = pixels / 16;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    looks += tokens[static_cast<size_t>(layer) % tokens.size()];
  }
  const double embeddings =
      static_cast<double>(config.layers + 1) * width * (2 * width + mask_width);
  return flop + 2 * queries * (embeddings + mask_width * looks);
}

}  // namespace

double network_flop(const model::Config& config, Size padded) {
  const auto pixels = static_cast<double>(padded.height * padded.width);
  const double trunk = config.clip.tower == clip::TowerKind::convnext
                           ? convnext_flop(config.clip.convnext, pixels)
                           : resnet_flop(config.clip.resnet, pixels);
  return trunk + pixel_decoder_flop(config.pixel_decoder, pixels) +
         mask_decoder_flop(config.mask_decoder, pixels);
}

}  // namespace fcclip::measure
