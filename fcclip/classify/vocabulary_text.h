#pragma once
// A vocabulary written out, for people and in the form that parse_vocabulary_json reads.

#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::classify {

/// A line a class: its number, thing or stuff, its synonyms. `seen`, a value a class or empty: also
/// whether it was in training.
std::string vocabulary_text(const Vocabulary& vocabulary, const std::vector<bool>& seen);

/// {"name", "categories": [{"id", "name", "isthing", "seen", "color"}]}, indented; what is printed
/// can be edited and used.
std::string vocabulary_json(const Vocabulary& vocabulary, const std::vector<bool>& seen);

}  // namespace fcclip::classify
