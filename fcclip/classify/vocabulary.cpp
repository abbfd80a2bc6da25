#include "fcclip/classify/vocabulary.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "fcclip/core/error.h"
#include "fcclip/core/hash.h"
#include "fcclip/core/plain_text.h"
#include "fcclip/text/printable.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::classify {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text) {
  return fcclip::trimmed(text, " \t\r\n\v\f");
}

std::vector<std::string_view> pieces(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  return text::decode_utf8_strict(text, false).has_value();
}

/// Synonyms at bars, trimmed, empty ones left out.
std::vector<std::string> bar_synonyms(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view piece : pieces(text, '|')) {
    if (!trimmed(piece).empty()) out.emplace_back(trimmed(piece));
  }
  return out;
}

std::string_view without_comment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

void add(Vocabulary& vocabulary, std::vector<std::string> synonyms, bool is_thing) {
  VocabularyClass entry;
  entry.id = static_cast<int64_t>(vocabulary.classes.size()) + 1;
  entry.synonyms = std::move(synonyms);
  entry.is_thing = is_thing;
  vocabulary.classes.push_back(std::move(entry));
}

void add_missing(std::vector<std::string>& synonyms, const std::vector<std::string>& more) {
  for (const std::string& synonym : more) {
    const bool there = std::find(synonyms.begin(), synonyms.end(), synonym) != synonyms.end();
    if (!there) synonyms.push_back(synonym);
  }
}

}  // namespace

std::vector<std::string> split_synonyms(std::string_view name) {
  std::vector<std::string> out;
  for (std::string_view piece : pieces(name, ',')) {
    // ", " counts as one separator; further blanks belong to the name.
    if (!out.empty() && !piece.empty() && piece.front() == ' ') piece.remove_prefix(1);
    out.emplace_back(piece);
  }
  return out;
}

Vocabulary parse_classes(std::string_view text) {
  if (!is_utf8(text)) fail(ErrorCode::invalid_argument, "class names: the text is not UTF-8");
  Vocabulary vocabulary;
  for (const std::string_view piece : pieces(text, ',')) {
    std::vector<std::string> synonyms = bar_synonyms(piece);
    if (!synonyms.empty()) add(vocabulary, std::move(synonyms), true);
  }
  if (vocabulary.classes.empty()) {
    fail(ErrorCode::invalid_argument,
         "class names: expected at least one, as in \"cat, dog | puppy, grass\", got \"",
         text::printable(text), "\"");
  }
  return vocabulary;
}

Vocabulary parse_vocabulary_text(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  Vocabulary vocabulary;
  bool things = true;
  size_t number = 0;
  for (const std::string_view raw : pieces(text, '\n')) {
    ++number;
    if (!is_utf8(raw)) fail(ErrorCode::bad_format, "vocabulary, line ", number, ": not UTF-8 text");
    const std::string_view line = trimmed(without_comment(raw));
    if (line.empty()) continue;
    if (line == "[things]" || line == "[stuff]") {
      things = line == "[things]";
      continue;
    }
    if (line.front() == '[' && line.back() == ']') {
      fail(ErrorCode::bad_format, "vocabulary, line ", number, ": unknown section ",
           text::printable(line), "; expected [things] or [stuff]");
    }
    std::vector<std::string> synonyms = bar_synonyms(line);
    if (synonyms.empty()) {
      fail(ErrorCode::bad_format, "vocabulary, line ", number, ": no name between the bars");
    }
    add(vocabulary, std::move(synonyms), things);
  }
  if (vocabulary.classes.empty()) {
    fail(ErrorCode::bad_format, "vocabulary: no classes; expected one class a line");
  }
  return vocabulary;
}

Vocabulary merge(const Vocabulary& a, const Vocabulary& b) {
  Vocabulary out = a;
  if (!b.name.empty()) out.name += (out.name.empty() ? "" : "+") + b.name;
  std::unordered_map<std::string, size_t> by_name;
  std::unordered_set<int64_t> ids;
  int64_t highest = 0;
  for (size_t i = 0; i < a.classes.size(); ++i) {
    by_name.emplace(a.classes[i].synonyms.front(), i);
    ids.insert(a.classes[i].id);
    highest = std::max(highest, a.classes[i].id);
  }
  for (const VocabularyClass& entry : b.classes) highest = std::max(highest, entry.id);
  for (const VocabularyClass& entry : b.classes) {
    const auto found = by_name.find(entry.synonyms.front());
    if (found != by_name.end()) {
      VocabularyClass& first = out.classes[found->second];
      add_missing(first.synonyms, entry.synonyms);
      if (!first.rows) first.rows = entry.rows;
      continue;
    }
    out.classes.push_back(entry);
    if (!ids.insert(entry.id).second) out.classes.back().id = ++highest;
  }
  return out;
}

std::vector<bool> seen_classes(const Vocabulary& vocabulary, const Vocabulary& training) {
  std::unordered_set<std::string_view> known;
  for (const VocabularyClass& entry : training.classes) {
    known.insert(entry.synonyms.begin(), entry.synonyms.end());
  }
  std::vector<bool> seen;
  for (const VocabularyClass& entry : vocabulary.classes) {
    seen.push_back(
        std::any_of(entry.synonyms.begin(), entry.synonyms.end(),
                    [&](const std::string& synonym) { return known.count(synonym) > 0; }));
  }
  return seen;
}

std::string rows_key(const std::shared_ptr<const ClassRows>& rows) {
  if (!rows) return "";
  Hash hash = hash_text(rows->model);
  for (const std::vector<float>* row : {&rows->in_vocabulary, &rows->out_of_vocabulary}) {
    hash = hash_bytes(row->data(), row->size() * sizeof(float), hash);
  }
  return hex(hash);
}

const std::vector<std::string>& default_templates() {
  static const std::vector<std::string> templates = {
      "a photo of a {}.",
      "This is a photo of a {}",
      "There is a {} in the scene",
      "There is the {} in the scene",
      "a photo of a {} in the scene",
      "a photo of a small {}.",
      "a photo of a medium {}.",
      "a photo of a large {}.",
      "This is a photo of a small {}.",
      "This is a photo of a medium {}.",
      "This is a photo of a large {}.",
      "There is a small {} in the scene.",
      "There is a medium {} in the scene.",
      "There is a large {} in the scene.",
  };
  return templates;
}

}  // namespace fcclip::classify
