#pragma once
// All scores of some pictures under one classifier, and the little that has to be kept of a
// picture, with which a run is continued and shards are merged.

#include <map>
#include <vector>

#include "fcclip/eval/average_precision.h"
#include "fcclip/eval/cityscapes_ap.h"
#include "fcclip/eval/cityscapes_iou.h"
#include "fcclip/eval/panoptic_quality.h"
#include "fcclip/eval/semantic_score.h"

namespace fcclip::eval {

/// All kinds of scores of one picture, to be added up.
struct PictureScores {
  explicit PictureScores(int64_t classes) : semantic(classes) {}
  /// Categories are positions in the vocabulary.
  PanopticQuality panoptic;
  PanopticQuality agnostic;  ///< all segments as one category: how good the masks are
  AveragePrecision masks{ApKind::mask}, boxes{ApKind::box};
  SemanticScore semantic;
  CityscapesAp cityscapes_ap;  ///< by Cityscapes' own rules; empty for other data sets
  CityscapesIou cityscapes_iou;
};

/// Pixels in a cell of SemanticScore's lists.
struct CellCount {
  int64_t cell = 0, count = 0;
};

/// Scores without what is zero.
struct ScoreRecord {
  std::map<int64_t, MatchCounts> panoptic, agnostic;
  std::map<int64_t, std::vector<AveragePrecision::ImageResult>> masks, boxes;
  std::vector<CellCount> confusion, boundary;
  CityscapesAp cityscapes_ap;
  std::vector<CellCount> cityscapes_confusion;
  std::vector<CityscapesIou::Instance> cityscapes_instances;
};

ScoreRecord to_record(const PictureScores& scores);
/// Throws Error{bad_format} for a cell that the scores do not have.
void add_record(PictureScores& scores, const ScoreRecord& record);

}  // namespace fcclip::eval
