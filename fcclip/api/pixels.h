#pragma once
// Pictures of the public face as tensors. Internal to the library.

#include <ATen/core/Tensor.h>

#include "fcclip/fcclip.h"

namespace fcclip {
inline namespace v1 {

/// What a Picture shares with its copies.
struct Picture::Pixels {
  at::Tensor rgb;  ///< [H, W, 3] uint8, contiguous, never written again
};

/// rgb [H, W, 3] uint8.
Picture picture_of(const at::Tensor& rgb);

/// [H, W, 3] uint8, contiguous; the caller's own memory where its pixels already are so, which must
/// then outlive the tensor. Throws Error{invalid_argument} for no pixels or rows that overlap.
at::Tensor rgb_tensor(const PictureView& view);

}  // namespace v1
}  // namespace fcclip
