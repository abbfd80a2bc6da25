#pragma once
// Label maps as data sets store them.

#include <filesystem>

#include <ATen/core/Tensor.h>

namespace fcclip::image {

/// The stored values of a one-channel PNG (1 to 16 bits or palette) or TIFF (8 or 16 bits, strips)
/// -> [H, W] int32. Throws Error{not_found, io_failure, bad_format} naming the file.
at::Tensor read_label_map(const std::filesystem::path& path);

/// A mask: not 0 where the stored value of a one-channel PNG isn't -> [H, W] uint8. Throws as
/// read_label_map.
at::Tensor read_mask(const std::filesystem::path& path);

/// Segment ids of a panoptic PNG -> [H, W] int32: R + 256·G + 65536·B of a colour one, the stored
/// values of one with one channel. Throws as read_label_map.
at::Tensor read_id_map(const std::filesystem::path& path);

}  // namespace fcclip::image
