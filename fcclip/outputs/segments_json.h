#pragma once
// Everything known about an answer as JSON: segment --json, <stem>.segments.json, a server's reply.

#include <nlohmann/json_fwd.hpp>

#include "fcclip/results/segmentation.h"

namespace fcclip::outputs {

/// How each segment's pixels are given beside its words.
enum class MaskForm {
  none,
  rle,  ///< "mask": {"size": [h, w], "counts": "…"}: COCO's compressed run lengths
  png   ///< "mask_png": base64 of a PNG as large as box_xywh_px, 255 inside the segment
};

/// {"task", "height", "width", "min_score", "below_min_score", "segments": [{"id", "name",
/// "synonym", "thing", "score", "in_vocabulary_score", "out_of_vocabulary_score", "next_best",
/// "area_px", "box_xywh_px"}]}, and where the picture's own words were asked for "best_words", best
/// first, of the same form without "id" and "next_best"
nlohmann::json to_json(const results::Segmentation& result, MaskForm masks = MaskForm::none);

}  // namespace fcclip::outputs
