#pragma once
// Truth as overlays show it: in the evaluation's report and beside a training's predictions.

#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/data/dataset.h"
#include "fcclip/image/overlay.h"

namespace fcclip::eval {

/// Segments with their classes' names and colours, without scores.
///   ids      [H, W] int32: the segments' ids
///   colours  a colour a class, as image::vocabulary_colours gives them
image::OverlayInput truth_overlay(const at::Tensor& ids,
                                  const std::vector<data::TruthSegment>& segments,
                                  const classify::Vocabulary& vocabulary,
                                  const std::vector<image::Colour>& colours);

}  // namespace fcclip::eval
