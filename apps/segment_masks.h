#pragma once
// The pixels of one segment of an answer.

#include <ATen/core/Tensor.h>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

/// The segment's pixels inside its box.
///   returns  [height, width] bool or uint8 of box_xywh_px
at::Tensor mask_in_box(const Segment& segment, const Segmentation& result);

}  // namespace fcclip::apps
