#pragma once
// All scores of some pictures under one classifier, and their JSON form, with which a run is
// continued and shards are merged.

#include <nlohmann/json_fwd.hpp>

#include "fcclip/eval/average_precision.h"
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
};

/// Only what is not zero; doubles survive the way to text and back exactly.
nlohmann::json to_record(const PictureScores& scores);
/// Throws Error{bad_format}.
void add_record(PictureScores& scores, const nlohmann::json& record);

}  // namespace fcclip::eval
