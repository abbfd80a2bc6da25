#pragma once
// Truth as overlays show it: in the evaluation's report and beside a training's predictions.

#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/data/dataset.h"
#include "fcclip/draw/overlay.h"

namespace fcclip::eval {

/// Segments with their classes' names and colours, without scores.
///   ids      [H, W] int32: the segments' ids
///   colours  a colour a class, as draw::vocabulary_colours gives them
draw::OverlayInput truth_overlay(const at::Tensor& ids,
                                 const std::vector<data::TruthSegment>& segments,
                                 const classify::Vocabulary& vocabulary,
                                 const std::vector<draw::Colour>& colours);

}  // namespace fcclip::eval
