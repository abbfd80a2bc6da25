#pragma once
// What the last evaluation of a training must reach: run.expect.

#include <string>
#include <vector>

#include "fcclip/engine/loop.h"
#include "fcclip/train/segmentation_task.h"

namespace fcclip::train {

/// A part of a line for each figure of config.run.expect that the finished run's last evaluation misses ("PQ is 12.3,
/// expected >=20"); empty for a run that is not finished. Every process calls it: a finished run that was only asked again
/// is evaluated here. Throws what SegmentationTask::evaluate() throws.
std::vector<std::string> missed_figures(SegmentationTask& task, const SegmentationConfig& config,
                                        const engine::LoopResult& result);

}  // namespace fcclip::train
