#pragma once
// Looking classes up for writers.

#include <cstdint>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::outputs {

/// The class at this position. Throws Error{invalid_argument} when there is none.
const classify::VocabularyClass& class_at(const classify::Vocabulary& vocabulary, int64_t index);

/// Its displayed name: the first synonym.
const std::string& class_name(const classify::Vocabulary& vocabulary, int64_t index);

}  // namespace fcclip::outputs
