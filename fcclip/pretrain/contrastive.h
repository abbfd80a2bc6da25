#pragma once
// The losses of contrastive pretraining.

#include <ATen/core/Tensor.h>

namespace fcclip::pretrain {

/// Which texts say nothing false about which pictures.
///   present  [N, P] int64: ids of the names that picture i shows, −1 pads
///   named    [N, Q] int64: ids of the names that text j mentions, −1 pads
///   returns  [N, N] bool: text j mentions something that picture i shows; never on the diagonal
/// Throws Error{shape_mismatch}.
at::Tensor also_true(const at::Tensor& present, const at::Tensor& named);

/// Symmetric InfoNCE: the mean of the cross entropies of picture → text and text → picture.
///   images, texts  [N, D], unit length
///   scale          scalar, the temperature's inverse
///   excluded       [N, N] bool, true where a pair is neither right nor wrong: it is left out of
///                  both denominators. The diagonal must be false.
/// Gradient: to images, texts, scale. Throws Error{shape_mismatch}. Source: Radford et al. 2021,
/// section 2.3; the exclusion is this project's.
at::Tensor contrastive_loss(const at::Tensor& images, const at::Tensor& texts,
                            const at::Tensor& scale, const at::Tensor& excluded);

/// Cross entropy of a picture's first name, where its other names are left out of the denominator.
///   logits   [N, C]
///   present  [N, P] int64 as above; the first is the target; ids of C and above are not classes
/// Rows whose target is no class count nothing. Gradient: to logits.
at::Tensor name_loss(const at::Tensor& logits, const at::Tensor& present);

}  // namespace fcclip::pretrain
