#pragma once
// Tensors in and out, for programs that have LibTorch. Link fcclip::torch in place of
// fcclip::fcclip.

#include <ATen/core/Tensor.h>

#include "fcclip/fcclip.h"

namespace fcclip {
inline namespace v1 {

/// A view of a tensor's own pixels, without a copy; valid as long as the tensor.
///   rgb  [H, W, 3] uint8 on the processor, pixels without gaps; rows may have some
/// Throws Error{shape_mismatch}.
FCCLIP_API PictureView view_of(const at::Tensor& rgb);

/// The segments' map, a view of the answer's own memory.
///   returns  [H, W] int32; undefined for instances
FCCLIP_API at::Tensor ids_tensor(Segmentation& answer);

/// What the network left of a picture, on the model's device. Read only: other threads may use it.
struct ImageTensors {
  at::Tensor mask_logits;  ///< [Q, H/4, W/4] float32, of the padded input
  at::Tensor class_embed;  ///< [Q, D] in-vocabulary
  at::Tensor clip_embed;   ///< [Q, D] out-of-vocabulary
};
FCCLIP_API ImageTensors tensors_of(const Image& image);

/// Classifier rows of prepared words, [T, D], a row a synonym, of unit length.
FCCLIP_API at::Tensor text_rows_of(const PreparedWords& words);

}  // namespace v1
}  // namespace fcclip
