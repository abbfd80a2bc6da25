#pragma once
// Tables of Cityscapes' own metrics. Internal to the folder.

#include "fcclip/eval/summary.h"

namespace fcclip::eval {

/// AP and AP50 of All, Seen, Unseen; of a class also its truths. Nothing when nothing was scored.
std::optional<ScoreTable> cityscapes_ap_table(const CityscapesAp& ap, const SummaryInput& input);
/// IoU and iIoU of classes (of All, Seen, Unseen) and of categories (of All); of a class both.
std::optional<ScoreTable> cityscapes_iou_table(const CityscapesIou& iou, const SummaryInput& input);

}  // namespace fcclip::eval
