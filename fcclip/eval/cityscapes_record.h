#pragma once
// Cityscapes' own metrics of one picture as JSON of record files. Internal to the folder.

#include <nlohmann/json.hpp>

#include "fcclip/eval/picture_scores.h"

namespace fcclip::eval {

/// {"ap": [[place, truths, [[confidence, right, wrong], …]], …], "confusion": [cell, count, …],
/// "instances": [[label, pixels, hit, category hit], …]}; null when there is nothing.
nlohmann::json cityscapes_json(const ScoreRecord& record);
/// Reads what cityscapes_json wrote. Throws json::exception.
void read_cityscapes(const nlohmann::json& part, ScoreRecord& record);

}  // namespace fcclip::eval
