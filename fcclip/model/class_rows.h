#pragma once
// Which model classifier rows belong to.

#include <string>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/model/model.h"

namespace fcclip::model {

/// 32 hexadecimal digits, the same for files of one model in 32 and 16 bits: of the void row, which
/// every training changes, and of what embeds masks. Rows (classify::ClassRows) mean something to a
/// model of the same fingerprint alone.
std::string rows_fingerprint(const Model& model);

/// Throws Error{invalid_argument} naming the first class whose rows are another model's.
void check_class_rows(const classify::Vocabulary& vocabulary, const Model& model);

}  // namespace fcclip::model
