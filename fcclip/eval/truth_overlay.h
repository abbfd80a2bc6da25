#pragma once
// Truth as overlays show it: in the evaluation's report and beside a training's predictions.

#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/data/dataset.h"
#include "fcclip/results/segmentation.h"

namespace fcclip::eval {

/// Segments with their classes' names, without scores.
///   ids  [H, W] int32: the segments' ids
results::Segmentation truth_overlay(const at::Tensor& ids,
                                    const std::vector<data::TruthSegment>& segments,
                                    const classify::Vocabulary& vocabulary);

}  // namespace fcclip::eval
