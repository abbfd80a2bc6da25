#pragma once
// What `segment` says about a result: a short table for people, JSON for machines.

#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/text_width.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

/// A title line, a line a segment, and how many more a smaller least score would show. Columns are
/// aligned by what terminals show; where they are wider than `width` (0: no limit), the less
/// telling ones go, then names are shortened.
void print_table(std::ostream& out, const std::string& title, const results::Segmentation& result,
                 int64_t width = terminal_width());

/// {"task", "height", "width", "min_score", "below_min_score", "segments": [{"id", "name",
/// "synonym", "thing", "score", "in_vocabulary_score", "out_of_vocabulary_score", "next_best",
/// "area_px", "box_xywh_px"}]}
nlohmann::json to_json(const results::Segmentation& result);

}  // namespace fcclip::apps
