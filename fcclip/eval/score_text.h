#pragma once
// A picture's scores as a text, for those who send them to another process.

#include <string>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/eval/picture_scores.h"

namespace fcclip::eval {

/// One line, without its end; doubles survive the way exactly.
std::string to_text(const ScoreRecord& record, const classify::Vocabulary& vocabulary);
/// Throws Error{bad_format}.
ScoreRecord score_record(const std::string& text);

}  // namespace fcclip::eval
