#pragma once
// Label maps in the value conventions of data sets. Maps are [h, w]; PNG writers take uint8 as 8
// bits and int32 below 65536 as 16 bits.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::outputs {

/// The data set's own ids (Cityscapes' labelIds: road is 7), `void_id` where the label is negative.
///   labels [h, w] int32; returns uint8 when every id fits, else int32.
/// Throws Error{shape_mismatch}; Error{invalid_argument} for a label outside the vocabulary or an
/// id outside 0 … 65535.
at::Tensor dataset_id_map(const at::Tensor& labels, const classify::Vocabulary& vocabulary,
                          int64_t void_id = 0);

/// ADE20K's annotation PNGs: 0 is unlabelled, classes count from 1; uint8 up to 255 classes, else
/// int32. Throws as above.
at::Tensor ade20k_label_map(const at::Tensor& labels, int64_t classes);

/// Cityscapes' instanceIds: stuff has its id, the n-th thing of a class id·1000 + n from 0; int32
/// (16-bit PNG). Throws as above.
at::Tensor cityscapes_instance_map(const at::Tensor& ids,
                                   const std::vector<results::Segment>& segments,
                                   const classify::Vocabulary& vocabulary, int64_t void_id = 0);

}  // namespace fcclip::outputs
