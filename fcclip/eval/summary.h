#pragma once
// The numbers of a whole run.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/picture_scores.h"
#include "fcclip/eval/sweep.h"

namespace fcclip::eval {

/// What is summed up, and of which classes.
struct SummaryInput {
  const classify::Vocabulary& vocabulary;
  const std::vector<bool>& seen;  ///< in training; splits every metric
  bool panoptic = true, instances = true, semantic = true;
};

/// A column of a table of scores.
struct Metric {
  std::string name;       ///< "pq", "AP50", "mIoU"
  bool is_count = false;  ///< a whole number; else percent
};

/// Nothing where nothing occurs.
using Score = std::optional<double>;

struct ScoreRow {
  std::string name;           ///< "All", "Seen"; of a class its first synonym
  std::vector<Score> values;  ///< as the table's metrics
};

/// The scores of one task.
struct ScoreTable {
  std::vector<Metric> group_metrics, class_metrics;
  std::vector<ScoreRow> groups, classes;

  /// nullptr when there is no such group.
  const ScoreRow* group(std::string_view name) const;
  /// Nothing when there is no such group or metric, too.
  Score value(std::string_view group, std::string_view metric) const;
};

/// Panoptic: pq, sq, rq, n of All, Things, Stuff, Seen, Unseen, class_agnostic; of a class also tp,
/// fp, fn. Masks and boxes: COCO's twelve numbers of All, Seen, Unseen; of a class AP and truths.
/// Semantic: mIoU, fwIoU, mACC, pACC, mBIoU of the same; of a class IoU, ACC, BIoU and its share of
/// the true pixels. Seen and Unseen have no numbers where the truth has none of them.
struct RunSummary {
  std::optional<ScoreTable> panoptic, masks, boxes, semantic;
  /// By Cityscapes' own rules: AP, AP50; IoU, iIoU, category IoU, category iIoU.
  std::optional<ScoreTable> cityscapes_instances, cityscapes_semantic;
};

RunSummary summarise(const PictureScores& scores, const SummaryInput& input);

/// A combination of a sweep.
struct SweepRow {
  std::vector<double> point;  ///< a value an axis
  RunSummary scores;
};

/// A run of several combinations of settings.
struct SweepScores {
  std::vector<SettingValues> axes;
  std::vector<SweepRow> rows;  ///< the last axis varies fastest
  size_t best = 0;             ///< the row that headlines() ranks highest
};

/// What a finished run says.
struct EvaluationScores {
  std::string data_set;  ///< as people call it
  int64_t pictures = 0;
  std::map<std::string, RunSummary> classifiers;  ///< of a sweep "ensemble" alone: its best row
  std::optional<SweepScores> sweep = {};
};

/// One number in [0, 100] that ranks pictures, and its name: PQ over all segments, else pixel
/// accuracy, else AP; −1 when the picture has nothing to score.
struct PictureRank {
  double value = -1;
  const char* metric = "";
};
/// By what a picture is among the best or the worst.
PictureRank picture_rank(const PictureScores& scores);

}  // namespace fcclip::eval
