#pragma once
// Scores of saved predictions as tables for people: a head, then a line a group or class, in
// percent with two digits; "-" where there is no number. Columns are aligned.

#include <string>
#include <vector>

#include "fcclip/eval/score.h"
#include "fcclip/eval/score_cityscapes.h"
#include "fcclip/eval/score_video.h"

namespace fcclip::eval {

/// PQ, SQ, RQ and the number of classes of all, things and stuff; then those of each class that occurs.
std::string score_table(const PanopticScore& score);

/// AP, AP50, AP75 and AP by size, of masks, where the truth has them, and of boxes.
std::string score_table(const InstanceScore& score);

/// mIoU, fwIoU and accuracies; then IoU, accuracy and boundary IoU of each class. `names`: one a
/// class.
std::string score_table(const SemanticScore& score, const std::vector<std::string>& names);

/// AP and AP50 of instances, IoU and iIoU of classes and of categories: their means, then each that
/// has a number. Only what was scored.
std::string score_table(const CityscapesScore& score);

/// VPQ of each window and their mean, of all, things and stuff; then STQ with its parts, and how
/// often an object changed its id.
std::string score_table(const VideoScore& score);

}  // namespace fcclip::eval
