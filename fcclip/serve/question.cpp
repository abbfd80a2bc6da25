#include "fcclip/serve/question.h"

#include <algorithm>

#include "fcclip/core/listed.h"
#include "fcclip/serve/header_values.h"
#include "fcclip/serve/problem.h"
#include "fcclip/text/printable.h"

namespace fcclip::serve {
namespace {

constexpr int64_t kLargestSide = 16384;
constexpr int64_t kMostInstances = 10000;
constexpr int64_t kMostNames = 1000;
constexpr size_t kMostPoints = 100;
constexpr size_t kLongestName = 200;
constexpr const char* kEverything = "everything";

// What the library refuses in a field's value is said of that field.
template <typename Work>
auto of_field(const char* field, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument && error.code() != ErrorCode::not_found) throw;
    refuse_field(field, error.what());
  }
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    std::string part = trimmed(std::string_view(text).substr(begin, end - begin));
    if (!part.empty()) parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

Words vocabulary_named(const std::string& names) {
  std::optional<Words> all;
  for (const std::string& name : split(names, '+')) {
    const Words one = of_field("vocabulary", [&] { return builtin_words(name); });
    all = all ? joined_words(*all, one) : one;
  }
  if (!all) refuse_field("vocabulary", "no name in it");
  return *all;
}

void check_words(const Words& words, const Limits& limits) {
  int64_t count = 0;
  for (const WordClass& entry : words.classes) {
    count += std::ssize(entry.synonyms);
    for (const std::string& word : entry.synonyms) {
      if (std::ssize(word) > limits.word_bytes)
        fail(ErrorCode::too_large, "words: one of ", word.size(), " bytes; at most ",
             limits.word_bytes);
    }
  }
  if (count > limits.words)
    fail(ErrorCode::too_large, "words: ", count, " of them; at most ", limits.words);
}

std::optional<Words> read_words(Fields& fields, const Limits& limits) {
  std::optional<Words> words;
  if (const auto text = fields.list("words"))
    words = of_field("words", [&] { return parse_words(*text); });
  if (const auto names = fields.text("vocabulary")) {
    const Words vocabulary = vocabulary_named(*names);
    words = words ? joined_words(*words, vocabulary) : vocabulary;
  }
  if (words) check_words(*words, limits);
  return words;
}

std::string read_marks(Fields& fields, const char* name, const Limits& limits) {
  const std::string text = fields.list(name).value_or("");
  if (!text.empty()) check_words(of_field(name, [&] { return parse_words(text); }), limits);
  return text;
}

void read_kinds(Fields& fields, Question& question) {
  const std::vector<std::string> known = output_kinds();
  std::vector<std::string>& kinds = question.write;
  for (std::string kind : split(fields.list("write").value_or(""), ',')) {
    if (kind == "instances") kind = "instance";  // as the file is called
    if (kind == "all") {
      kinds = known;
      question.write_all = true;
      continue;
    }
    if (std::ranges::find(kinds, kind) != kinds.end()) continue;
    kinds.push_back(kind);
    if (std::ranges::find(known, kind) != known.end()) continue;
    refuse_field("write", '"', text::printable(kind, 40), "\" is none of all, ", listed(known));
  }
}

void read_ensemble(Fields& fields, AskOptions& ask) {
  ask.alpha = fields.number("alpha", 0, 1);
  ask.beta = fields.number("beta", 0, 1);
  ask.clip_trust = fields.number("clip_trust", 0, 1);
  ask.next_best = fields.whole("next_best", 0, kMostNames).value_or(ask.next_best);
}

void read_thresholds(Fields& fields, Question& question) {
  AskOptions& ask = question.ask;
  ask.object_mask_threshold = fields.number("object_mask_threshold", 0, 1);
  ask.overlap_threshold = fields.number("overlap_threshold", 0, 1);
  ask.top_k = fields.whole("top_k", 1, kMostInstances);
  ask.things_only = fields.truth("things_only");
  question.min_score = fields.number("min_score", 0, 1);
}

std::array<double, 4> read_box(const nlohmann::json& value) {
  const bool fits = value.is_array() && value.size() == 4 &&
                    std::ranges::all_of(value, [](const auto& v) { return v.is_number(); });
  if (!fits) refuse_field("box", "expected [x, y, width, height] in pixels");
  return value.get<std::array<double, 4>>();
}

std::vector<std::array<double, 2>> read_points(const nlohmann::json& value) {
  const auto is_point = [](const nlohmann::json& point) {
    return point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number();
  };
  if (!value.is_array() || value.empty() || value.size() > kMostPoints ||
      !std::ranges::all_of(value, is_point))
    refuse_field("points", "expected [[x, y], …] in pixels, 1 to ", kMostPoints, " of them");
  return value.get<std::vector<std::array<double, 2>>>();
}

}  // namespace

void check_name(const std::string& name) {
  if (name.size() > kLongestName) refuse_field("name", "longer than ", kLongestName, " bytes");
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 32 || c == 127; }))
    refuse_field("name", "has control characters");
}

void read_picture_fields(Fields& fields, Question& question) {
  question.model = fields.text("model").value_or("");
  question.encode.short_side_px = fields.whole("short_side", 1, kLargestSide).value_or(0);
  question.encode.max_side_px = fields.whole("max_side", 1, kLargestSide).value_or(0);
  question.name = fields.text("name").value_or("");
  check_name(question.name);
}

void read_question_fields(Fields& fields, Question& question, const Limits& limits) {
  question.words = read_words(fields, limits);
  question.marks = {read_marks(fields, "things", limits), read_marks(fields, "stuff", limits),
                    read_marks(fields, "background", limits)};
  question.ask.task =
      static_cast<Task>(fields.choice("task", {"panoptic", "instance", "semantic"}));
  read_ensemble(fields, question.ask);
  read_thresholds(fields, question);
  question.masks = static_cast<MaskForm>(fields.choice("masks", {"none", "rle", "png"}));
  if (fields.text("map"))
    question.map = static_cast<MapForm>(fields.choice("map", {"none", "rle", "png"}));
  if (fields.has("map") && question.map != MapForm::none && question.ask.task == Task::instance)
    refuse_field("map", "instances may overlap; ask for masks instead");
  read_kinds(fields, question);
  question.tolerance_px = fields.number("tolerance", 0, 100).value_or(question.tolerance_px);
}

void read_place_fields(Fields& fields, Question& question, const Limits& limits) {
  question.words = read_words(fields, limits);
  if (!question.words) question.words = builtin_words(kEverything);
  read_ensemble(fields, question.ask);
  question.ask.top_k = fields.whole("top_k", 1, kMostInstances).value_or(5);
  question.masks = MaskForm::rle;
  if (fields.text("masks"))
    question.masks = static_cast<MaskForm>(fields.choice("masks", {"none", "rle", "png"}));
  const nlohmann::json points = fields.raw("points"), box = fields.raw("box");
  if (points.is_null() == box.is_null()) refuse_field("points", "either points or a box");
  if (!points.is_null()) question.place.points_xy_px = read_points(points);
  if (!box.is_null()) question.place.box_xywh_px = read_box(box);
}

void read_best_words_fields(Fields& fields, Question& question, const Limits& limits) {
  question.words = read_words(fields, limits);
  if (!question.words) question.words = builtin_words(kEverything);
  read_ensemble(fields, question.ask);
  question.count = fields.whole("count", 1, kMostNames).value_or(question.count);
  question.ask.min_score = fields.number("min_score", 0, 1).value_or(0);
  question.masks = static_cast<MaskForm>(fields.choice("masks", {"none", "rle", "png"}));
}

AskOptions ask_options(const Question& question, Task task) {
  AskOptions ask = question.ask;
  ask.task = task;
  ask.min_score = question.min_score.value_or(task == Task::instance ? kUsualInstanceScore : 0);
  return ask;
}

Words words_for(const Question& question, const Model& model) {
  const Words& own = model.info().training_words;
  Words words = question.words        ? *question.words
                : own.classes.empty() ? builtin_words("coco")
                                      : own;
  const WordMarks& marks = question.marks;
  if (marks.things.empty() && marks.stuff.empty() && marks.background.empty()) return words;
  return marked_words(words, marks);
}

std::string stem_of(const std::string& picture_name) {
  std::string stem = picture_name.substr(picture_name.find_last_of("/\\") + 1);
  const size_t dot = stem.find_last_of('.');
  if (dot != std::string::npos && dot > 0) stem.resize(dot);
  return stem.empty() ? "image" : stem;
}

}  // namespace fcclip::serve
