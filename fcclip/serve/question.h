#pragma once
// What is asked of a picture, read from a request's fields.

#include <optional>
#include <string>
#include <vector>

#include "fcclip/fcclip.h"
#include "fcclip/serve/fields.h"
#include "fcclip/serve/limits.h"

namespace fcclip::serve {

/// The map of ids beside the segments.
enum class MapForm { none, rle, png };

struct Question {
  std::string model;           ///< empty: the first
  std::optional<Words> words;  ///< none: those that the model was trained on
  WordMarks marks;
  AskOptions ask;  ///< its min_score is set by ask_options
  std::optional<double> min_score;
  EncodeOptions encode;
  MaskForm masks = MaskForm::none;
  MapForm map = MapForm::none;
  std::vector<std::string> write;  ///< kinds of files
  bool write_all = false;          ///< of these, what cannot be written may be left out
  double tolerance_px = 1;
  std::string name;    ///< of the picture; empty: as it came
  Place place;         ///< of "what is this?"
  int64_t count = 20;  ///< of "what is here?": words at most
};

/// Of a picture. Throws Error{invalid_value} for one that is too long or cannot be shown.
void check_name(const std::string& name);

/// Reads `model`, `short_side`, `max_side`, `name`. Throws Error{invalid_value}.
void read_picture_fields(Fields& fields, Question& question);

/// Reads words, task, thresholds and what the answer holds. Throws Error{invalid_value}; for more
/// words than the limits allow Error{too_large}.
void read_question_fields(Fields& fields, Question& question, const Limits& limits);

/// Reads a place, words (all vocabularies where none are named) and what the answer holds. Throws
/// as read_question_fields.
void read_place_fields(Fields& fields, Question& question, const Limits& limits);

/// Reads words (all vocabularies where none are named), how many of them are to be told, and what the
/// answer holds. Throws as read_question_fields.
void read_best_words_fields(Fields& fields, Question& question, const Limits& limits);

/// For an answer of this kind: as the program, instances have a least score of their own.
AskOptions ask_options(const Question& question, Task task);

/// The words to ask this model: the question's own, or the model's.
Words words_for(const Question& question, const Model& model);

/// The name without folders and ending, for files: "street.jpg" is "street".
std::string stem_of(const std::string& picture_name);

}  // namespace fcclip::serve
