#pragma once
// From an 8-bit picture to the network's input (model section 1).

#include <ATen/core/Tensor.h>

#include "fcclip/core/size.h"
#include "fcclip/model/config.h"

namespace fcclip::segmenter {

/// The reference's ResizeShortestEdge: shorter side `short_side`, longer at most `max_side`, halves
/// rounded up.
Size resized_size(Size original, int64_t short_side, int64_t max_side);

/// A picture as the network takes it, on the network's device.
struct NetworkInput {
  at::Tensor pixels;   ///< [1, H, W, 3] float32, normalised, zero-padded right and bottom
  at::Tensor resized;  ///< [h, w, 3] uint8
  Size original_size, resized_size, padded_size;
};

/// Bytes are sent to the device, resized and normalised there; the numbers are the same on every one.
///   rgb  [H, W, 3] uint8, on the host or on the device
/// Throws Error{shape_mismatch} unless it is.
NetworkInput preprocess(const at::Tensor& rgb, const model::PixelConfig& config, int64_t short_side,
                        int64_t max_side, at::Device device = at::kCPU);

/// Pictures that have the network's size already, normalised.
///   rgb      [B, H, W, 3] uint8; H and W multiples of the divisor
///   returns  [B, H, W, 3] float32 on `device`
at::Tensor network_input(const at::Tensor& rgb, const model::PixelConfig& pixels,
                         at::Device device);

}  // namespace fcclip::segmenter
