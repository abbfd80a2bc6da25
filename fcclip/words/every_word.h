#pragma once
// The words of several vocabularies.

#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::words {

/// A class for each different word of the vocabularies that load_vocabulary finds by `specs`, in the
/// order of the alphabet; of all built-in ones where `specs` is empty. Throws as load_vocabulary.
classify::Vocabulary every_word(const std::vector<std::string>& specs);

}  // namespace fcclip::words
