#pragma once
// Sizes of the mask generator.

#include <array>
#include <cstdint>
#include <vector>

namespace fcclip::head {

/// Feature maps that attention looks at: strides 32, 16 and 8.
constexpr int64_t kLevels = 3;

/// Sizes of the pixel decoder.
struct PixelDecoderConfig {
  std::vector<int64_t> in_channels = {192, 384, 768, 1536};  ///< res2 … res5
  int64_t conv_dim = 256, mask_dim = 256;
  int64_t encoder_layers = 6, heads = 8, points = 4, ffn_dim = 1024;
  int64_t norm_groups = 32;
};

/// Sizes of the mask decoder.
struct MaskDecoderConfig {
  int64_t in_dim = 256;  ///< = conv_dim
  int64_t hidden_dim = 256, mask_dim = 256, embed_dim = 768;
  int64_t layers = 9, heads = 8, ffn_dim = 2048, queries = 250;
};

/// What each decoder checks where it is built. Throws Error{invalid_argument} naming the size that
/// is impossible.
void validate(const PixelDecoderConfig& config);
void validate(const MaskDecoderConfig& config);

}  // namespace fcclip::head
