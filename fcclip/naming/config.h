#pragma once
// How a head names its masks, as data: the "head" entry of a model file.

#include <optional>
#include <string>

#include "fcclip/clip/config.h"

namespace fcclip::naming {

/// Mask-Adapter (CVPR 2025): pooling maps that were learned. Names in JSON are the published code's.
struct AdapterConfig {
  int64_t mask_channels = 16;   ///< `mask_in_channels`, of the mask's own small network
  int64_t channels = 768;       ///< `num_channels`, of its ConvNeXt blocks
  int64_t maps = 16;            ///< `num_output_maps`, of each mask
  double mask_threshold = 0.5;  ///< a pixel is the mask's where sigmoid(logit) is above
};

/// MAFT+ (ECCV 2024): text rows that look at the picture.
struct RowsConfig {
  int64_t heads = 8;                 ///< `cdt_heads`
  bool residual_inside_norm = true;  ///< rows are LN(T + x), else T + LN(x)
};

/// FC-CLIP's head where nothing is set.
struct NamingConfig {
  std::optional<AdapterConfig> adapter;  ///< mask embedding: by learned maps in place of the mask
  std::optional<RowsConfig> rows;        ///< text rows: of this picture in place of the words' own
  bool scores_resized_late = false;      ///< published semantic scores are of scores resized late
  bool own_input_size = false;           ///< published at the file's input size on every data set

  bool is_plain() const { return !adapter && !rows; }
  /// "fcclip", "mask_adapter" or "maft_plus"; an adapter on MAFT+ is a mask_adapter.
  std::string kind() const;
};

/// "Mask-Adapter on MAFT+, 16 maps, threshold 0.4, …" for people; "FC-CLIP" where nothing is set.
std::string description(const NamingConfig& config);

/// Throws Error{invalid_argument} for sizes that can't be or don't fit this CLIP.
void validate(const NamingConfig& config, const clip::ClipConfig& clip);

}  // namespace fcclip::naming
