#pragma once
// What `segment` says about a result: a short table for people, JSON for machines.

#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::apps {

/// A title line and one line per segment; ASCII box drawing, aligned by UTF-8 characters.
void print_table(std::ostream& out, const std::string& title, const Segmentation& result);

/// {"task", "height", "width", "segments": [{"id", "name", "synonym", "thing", "score",
/// "in_vocabulary_score", "out_of_vocabulary_score", "next_best", "area_px", "box_xywh_px"}]}
nlohmann::json to_json(const Segmentation& result);

}  // namespace fcclip::apps
