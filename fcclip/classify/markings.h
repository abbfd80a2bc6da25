#pragma once
// What a user says of words beside the list of them: things, stuff, background.

#include <string>
#include <string_view>
#include <vector>

#include "fcclip/classify/vocabulary.h"
#include "fcclip/core/log.h"

namespace fcclip::classify {

/// Lists as parse_classes takes them; empty: nothing said.
struct Markings {
  std::string things, stuff;
  std::string background;  ///< words that absorb what is not wanted; stuff, and never reported
};

/// One question in the user's words, each counted once (unite_repeated_words). log is told
/// (warning, beginning with "classes: ", "things: ", …) what was probably not meant. Throws as
/// parse_classes.
Vocabulary parse_question(std::string_view classes, const Markings& markings = {},
                          const LogCallback& log = {});

/// Hands what unite_repeated_words found to `log` as one line that begins with `about`.
void unite_with_warning(Vocabulary& vocabulary, const std::string& about, const LogCallback& log);

/// Marks in each question the class one of whose words, as CLIP sees them, is named; a name that no
/// class has becomes a class. log is told (warning) of repeated words and of names that were added
/// (background ones only where another word was probably meant), each once. Throws as
/// parse_classes.
void apply_markings(std::vector<Vocabulary>& questions, const Markings& markings,
                    const LogCallback& log);

/// Makes background of all classes but those that have one of `names` (as parse_classes takes
/// them): answers are made with all words, these alone are reported. Throws Error{invalid_argument}
/// for a name that no question has.
void report_only(std::vector<Vocabulary>& questions, std::string_view names);

/// The class one of whose words is one of `names`, as CLIP sees them; null where there is none.
VocabularyClass* class_named(Vocabulary& vocabulary, const std::vector<std::string>& names);

/// All synonyms of all classes.
std::vector<std::string> all_words(const Vocabulary& vocabulary);

}  // namespace fcclip::classify
