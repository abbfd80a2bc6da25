#pragma once
// Words of the public face as the classifier's vocabulary. Internal to the library.

#include "fcclip/classify/vocabulary.h"
#include "fcclip/fcclip.h"

namespace fcclip {
inline namespace v1 {

/// The same words as plain values.
Words words_of(const classify::Vocabulary& vocabulary);

/// Ids that are 0 become position + 1. Throws Error{invalid_argument} for a class without a word.
classify::Vocabulary vocabulary_of(const Words& words);

}  // namespace v1
}  // namespace fcclip
