#pragma once
// The numbers of a whole run, for people's tables and as JSON.

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/picture_scores.h"

namespace fcclip::eval {

/// What is summed up, and of which classes.
struct SummaryInput {
  const classify::Vocabulary& vocabulary;
  const std::vector<bool>& seen;  ///< in training; splits every metric
  bool panoptic = true, instances = true, semantic = true;
};

/// {"panoptic": {"All" | "Things" | "Stuff" | "Seen" | "Unseen": {"pq", "sq", "rq", "n"},
/// "class_agnostic", "per_class"}, "instances": {"masks" | "boxes": {"All" | "Seen" | "Unseen":
/// {"AP", … the 12}, "per_class"}}, "semantic": {"All" | "Seen" | "Unseen": {"mIoU", "fwIoU",
/// "mACC", "pACC", "mBIoU"}, "per_class"}}; percent; null where
/// nothing occurs, and for Seen and Unseen where the truth has none of them.
nlohmann::json summarise(const PictureScores& scores, const SummaryInput& input);

/// One number in [0, 100] that ranks pictures, and its name: PQ over all segments, else pixel
/// accuracy, else AP; −1 when the picture has nothing to score.
struct PictureRank {
  double value = -1;
  const char* metric = "";
};
/// By what a picture is among the best or the worst.
PictureRank picture_rank(const PictureScores& scores);

}  // namespace fcclip::eval
