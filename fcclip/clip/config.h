#pragma once
// Sizes of CLIP.

#include <cstdint>
#include <numeric>
#include <vector>

namespace fcclip::clip {

/// Which image tower.
enum class TowerKind { convnext, resnet };
/// What follows the pooled ConvNeXt feature: a linear layer or LayerNorm-less MLP (`visual.head`).
enum class HeadKind { linear, mlp };

/// Sizes of a ConvNeXt: blocks and channels of each stage.
struct ConvNextConfig {
  std::vector<int64_t> depths = {3, 3, 27, 3};
  std::vector<int64_t> dims = {192, 384, 768, 1536};
  double norm_eps = 1e-6;  ///< 1e-5 for xxlarge
  HeadKind head = HeadKind::mlp;
  int64_t head_hidden = 1536;
};

/// Sizes of a ModifiedResNet: bottlenecks of each layer, channels of the stem.
struct ResNetConfig {
  std::vector<int64_t> layers = {3, 4, 6, 3};
  int64_t width = 64;
  int64_t heads = 32;     ///< of the attention pooling: width · 32 / 64
  int64_t pool_grid = 7;  ///< side of the positional embedding's grid: image_size / 32
};

/// Sizes of the text tower.
struct TextConfig {
  int64_t context_length = 77, vocab_size = 49408, width = 768, heads = 12, layers = 16;
  bool quick_gelu = false;  ///< OpenAI's weights
};

/// Sizes of a whole CLIP.
struct ClipConfig {
  TowerKind tower = TowerKind::convnext;
  ConvNextConfig convnext;  ///< used when tower == convnext
  ResNetConfig resnet;      ///< used when tower == resnet
  TextConfig text;
  int64_t embed_dim = 768;  ///< D
  int64_t image_size = 320;

  /// Of the image tower, all stages together.
  int64_t block_count() const {
    const std::vector<int64_t>& stages =
        tower == TowerKind::convnext ? convnext.depths : resnet.layers;
    return std::accumulate(stages.begin(), stages.end(), int64_t{0});
  }

  /// Channels of res2 … res5.
  std::vector<int64_t> feature_channels() const {
    if (tower == TowerKind::convnext) return convnext.dims;
    const int64_t w = resnet.width * 4;
    return {w, 2 * w, 4 * w, 8 * w};
  }
};

/// What each tower checks where it is built. Throws Error{invalid_argument} naming the size that
/// is impossible.
void validate_image_tower(const ClipConfig& config);
void validate_text_tower(const ClipConfig& config);

}  // namespace fcclip::clip
