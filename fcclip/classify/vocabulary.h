#pragma once
// The words of one question: classes, their synonyms, and which are things.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fcclip::classify {

/// Classifier rows that stand in the place of those of a class's words: of examples, or fitted to
/// labelled pictures. What each classifier compares its embedding of a mask with.
struct ClassRows {
  std::vector<float> in_vocabulary, out_of_vocabulary;  ///< [D] each, unit length or less
  std::string model;                                    ///< model::rows_fingerprint()
};

/// A class by all its names.
struct VocabularyClass {
  int64_t id = 0;                     ///< the data set's id; position + 1 when the user gave none
  std::vector<std::string> synonyms;  ///< at least one; the first is the displayed name
  bool is_thing = true;
  bool is_background = false;  ///< absorbs what the user does not want; never reported
  std::optional<std::array<uint8_t, 3>>
      colour_rgb;                              ///< of the data set's palette, where there is one
  std::shared_ptr<const ClassRows> rows = {};  ///< null: those of its words
};

/// Classes in the order in which results count them.
struct Vocabulary {
  std::string name;
  std::vector<VocabularyClass> classes;
};

/// "person, child,girl" -> {"person", "child", "girl"}: split at ", " then at ",", neither trimmed
/// nor made unique (the reference's split_labels).
std::vector<std::string> split_synonyms(std::string_view name);

/// --classes: "cat, dog | puppy, grass": classes at commas, synonyms at bars, white space trimmed;
/// empty parts are left out. Throws Error{invalid_argument} when nothing remains, or for text that
/// is not UTF-8.
Vocabulary parse_classes(std::string_view text);

/// The text form: one class a line, synonyms separated by '|', comments from a '#' at a line's
/// start or after a blank, lines [things] and [stuff] before their classes (things by default).
/// Windows line ends and a byte order mark are fine. Throws Error{bad_format} with the line number.
Vocabulary parse_vocabulary_text(std::string_view text);

/// The JSON form: COCO categories, [{"id": 1, "name": "mug,cup", "isthing": 1}, …] or
/// {"categories": [...]}; also a list of names ["mug,cup", …], or an object with "stuff_classes" or
/// "synonyms" and the data set's id maps instead of categories; lists or maps of numbers and names
/// under "names" (Ultralytics), "id2label" or "label2id" (transformers), "classes", "labels", or by
/// themselves ({"0": "mug"}). Names are split at commas as published; ids default to positions from
/// 1, isthing to 1; "color" may give [r, g, b] or "#rrggbb". Throws Error{bad_format} naming the
/// entry, or saying what else the object is.
Vocabulary parse_vocabulary_json(std::string_view text);

/// Every word counts once, words being equal where CLIP's text tower sees the same (case, white
/// space, typographic forms: clip::clean_text). A word that names one class and is a synonym of
/// another stays the name; a synonym of several classes stays with the first; classes of the same
/// name become one, with all their synonyms, thing or stuff as the first, and with the first rows
/// that one of them has. Repeated words would
/// share their probability, so that neither reaches a threshold. Returns a line for each word that
/// was repeated, for the user.
std::vector<std::string> unite_repeated_words(Vocabulary& vocabulary);

/// Merges b's classes behind a's; a class whose first name is the first name of one of a's is
/// merged into that one (its other synonyms are added, and rows where it has none). An id of b that a has already becomes the
/// next free one.
Vocabulary merge(const Vocabulary& a, const Vocabulary& b);

/// 1 where any synonym of the class equals (case-sensitive) any synonym of any training class.
std::vector<bool> seen_classes(const Vocabulary& vocabulary, const Vocabulary& training);

/// 32 hexadecimal digits that differ when rows do; of nothing the empty text.
std::string rows_key(const std::shared_ptr<const ClassRows>& rows);

/// The 14 templates of the paper, "{}" where the name goes.
const std::vector<std::string>& default_templates();

}  // namespace fcclip::classify
