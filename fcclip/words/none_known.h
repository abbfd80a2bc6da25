#pragma once
// Questions of which a model has met no word: a person should hear of it.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::words {

/// What can be told of them.
struct NoneKnown {
  std::vector<std::string> asked;  ///< all words of all questions, in order
  std::vector<std::string> near;   ///< known names that the first 50 of them may mean, each once
};

/// Nothing where a word is known (as CLIP sees it: clip::clean_text), or none was asked for.
std::optional<NoneKnown> none_known(std::span<const classify::Vocabulary> questions,
                                    const std::vector<std::string>& known);

}  // namespace fcclip::words
