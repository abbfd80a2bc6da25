#pragma once
// Samples of more than 8 bits on their way to 8. Internal to the folder.

#include <optional>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "fcclip/image/read_options.h"

namespace fcclip::image {

/// Samples of more than 8 bits.
struct WideSamples {
  at::Tensor values;              ///< [H, W, C] uint16 or float32; NaN where there is nothing
  std::string kind;               ///< for messages: "16-bit", "float32"
  double low = 0, high = 65535;   ///< the type's range
  bool integral = true;           ///< whole numbers
  bool is_signed = false;         ///< negative values are possible
  std::optional<double> no_data;  ///< a value that means "nothing here": becomes black
};

/// What becomes black and white.
struct ValueScale {
  double low = 0, high = 0;  ///< equal: everything is black
  bool upper_byte = false;   ///< 16 bits lose their lower byte and nothing else
};

/// From the samples, which may be a part of the picture's, and options.range; tells what was chosen
/// where that is not simply the type's range.
ValueScale choose_scale(const WideSamples& samples, const ReadOptions& options,
                        std::string_view name);
at::Tensor to_8_bits(const WideSamples& samples, const ValueScale& scale);

/// One linear scale for all channels, so that colours stay. 16 bits that use their range lose their
/// lower byte and nothing else.
///   returns  [H, W, C] uint8
at::Tensor to_8_bits(const WideSamples& samples, const ReadOptions& options, std::string_view name);

}  // namespace fcclip::image
