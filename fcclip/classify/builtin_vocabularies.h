#pragma once
// The class tables of the benchmarks, built in from data/vocabularies.

#include <string>
#include <string_view>
#include <vector>

#include "fcclip/classify/vocabulary.h"

namespace fcclip::classify {

/// A vocabulary that the program brings.
struct BuiltinVocabulary {
  std::string name;                  ///< of the data file, e.g. "coco_panoptic_133"
  std::vector<std::string> aliases;  ///< e.g. "coco"
  std::string things_of;  ///< the table whose things it is ("coco_instance"); empty: its own
};

/// All of them, sorted by name.
const std::vector<BuiltinVocabulary>& builtin_vocabularies();
/// Their names alone.
const std::vector<std::string>& builtin_vocabulary_names();

/// All of the above as one, for "what is this?": every name once (unite_repeated_words), a thing
/// where one of them says so; without names that stand for no class ("background").
inline constexpr std::string_view kEverything = "everything";

/// Whether `name` is one of the names or aliases, or kEverything; case and the difference of '-'
/// and '_' do not matter.
bool is_builtin_vocabulary(std::string_view name);

/// Classes in contiguous order with the data set's ids, thing or stuff, and colours where
/// published; kEverything's ids are positions. Throws Error{not_found} listing the names.
Vocabulary builtin_vocabulary(std::string_view name);

/// The data file itself, of things alone that of the whole table: also the ignore label, label divisor and original names. Throws
/// Error{not_found} for another name, with those that there are.
std::string_view builtin_vocabulary_json(std::string_view name);

}  // namespace fcclip::classify
