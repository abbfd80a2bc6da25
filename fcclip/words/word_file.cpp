#include "fcclip/words/word_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"
#include "fcclip/core/listed.h"
#include "fcclip/text/printable.h"
#include "fcclip/words/list_forms.h"
#include "fcclip/words/structured_text.h"

namespace fcclip::words {
namespace {

using Lines = std::vector<TextLine>;

constexpr std::array<std::string_view, 11> kHeadings = {
    "name",  "names",  "class",    "classes",    "class_name", "class name",
    "label", "labels", "category", "categories", "label_name"};
constexpr size_t kLongestName = 120;
constexpr char kBrace = '\x7b';

bool is_section(std::string_view line) {
  return line.size() > 2 && line.front() == '[' && line.back() == ']' &&
         line.find_first_of(",'\"\x7b") == std::string_view::npos;
}

bool is_key_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

/// "names:" or "train: images/train", not indented: what YAML files have and lists of words not.
bool is_yaml_key(const TextLine& line) {
  const size_t colon = line.text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const bool ends = colon + 1 == line.text.size() || line.text[colon + 1] == ' ';
  const std::string_view key = line.text.substr(0, colon);
  return ends && std::isalpha(static_cast<unsigned char>(key.front())) != 0 &&
         std::all_of(key.begin(), key.end(), is_key_character);
}

bool is_yaml_item(const TextLine& line) {
  return line.text.starts_with("- ");
}

bool is_item_start(const TextLine& line) {
  return line.text.starts_with("item") && line.text.find(kBrace) != std::string_view::npos;
}

classify::Vocabulary parse_flow(std::string_view text) {
  if (nlohmann::json::accept(text)) return classify::parse_vocabulary_json(text);
  std::string json;
  try {
    json = yaml_as_json(python_as_flow(text));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsafe_file) throw;
    return classify::parse_vocabulary_json(text);  // says where it stops being JSON
  }
  return classify::parse_vocabulary_json(json);
}

[[noreturn]] void refuse_markup(std::string_view text) {
  const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  const char* what = "XML or HTML";
  if (has("<annotations>")) what = "CVAT's XML of annotations";
  if (has("<annotation>") && has("<object>")) what = "a Pascal VOC annotation of one picture";
  if (has("<Label ") || has("<Choice ")) what = "Label Studio's XML of a project";
  fail(ErrorCode::bad_format, "this is ", what,
       ", not a list of words; expected one class a line, or JSON, YAML or a table of names");
}

/// Lines that no list of words has.
void refuse_other_texts(const Lines& lines) {
  const auto refuse = [](const TextLine& line, const char* what) {
    fail(ErrorCode::bad_format, "line ", line.number, " (\"", text::printable(line.text, 40),
         "\") is ", what, "; expected a list of words, one class a line");
  };
  constexpr std::array<std::string_view, 5> kPictures = {".jpg", ".jpeg", ".png", ".tif", ".webp"};
  for (const TextLine& line : lines) {
    if (line.text.size() > kLongestName) refuse(line, "too long for a name");
    if (line.text.find(" = ") != std::string_view::npos || line.text.starts_with("import ")) {
      refuse(line, "a setting or program text");
    }
    if (line.text.starts_with("```") || line.text.find("](http") != std::string_view::npos) {
      refuse(line, "Markdown");
    }
    const std::string lower = lower_ascii(line.text);
    const bool is_picture = std::any_of(kPictures.begin(), kPictures.end(),
                                        [&](std::string_view end) { return lower.ends_with(end); });
    if (is_picture) refuse(line, "the name of a picture");
    if (lower.find_first_not_of("0123456789. \t-") == std::string::npos &&
        lower.find(' ') != std::string::npos) {
      refuse(line, "a row of numbers, such as YOLO's labels of a picture have");
    }
  }
}

/// "cat 0", "dog 1", …: a number that counts up behind every name is no part of it, but what it is
/// the file does not say.
void refuse_trailing_numbers(const Lines& lines) {
  if (lines.size() < 2) return;
  std::optional<int64_t> last;
  for (const TextLine& line : lines) {
    const size_t space = line.text.find_last_of(" \t");
    if (space == std::string_view::npos) return;
    const auto number = whole_number(line.text.substr(space + 1));
    if (!number || (last ? *number != *last + 1 : *number != 0 && *number != 1)) return;
    last = number;
  }
  fail(ErrorCode::bad_format, "line ", lines.front().number,
       ": every name has a number behind it; put it first (0: cat) or leave it out");
}

/// A list of names, one a line; marks of labelme and a heading are left out.
classify::Vocabulary parse_plain_list(std::string_view text, const Lines& lines,
                                      const LogCallback& log) {
  refuse_other_texts(lines);
  refuse_trailing_numbers(lines);
  std::string kept, left_out;
  const auto is_left_out = [&](size_t i) {
    const std::string lower = lower_ascii(lines[i].text);
    if (lower == "__ignore__" || lower == "_background_") return true;
    return i == 0 && lines.size() > 1 &&
           std::find(kHeadings.begin(), kHeadings.end(), lower) != kHeadings.end();
  };
  size_t previous = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    // Line numbers stay what they are in the file.
    kept.append(lines[i].number - 1 - previous, '\n');
    previous = lines[i].number - 1;
    if (is_left_out(i)) {
      add_to_list(left_out, lines[i].text);
    } else {
      kept += lines[i].text;
    }
  }
  if (!left_out.empty() && log) {
    log(LogLevel::warning, "left out of the words: " + left_out + " (a mark or heading, no class)");
  }
  return classify::parse_vocabulary_text(lines.empty() ? std::string(text) : kept);
}

}  // namespace

classify::Vocabulary parse_word_file(std::string_view text, const LogCallback& log) {
  Lines lines = content_lines(text);
  // What spreadsheets write first to say what separates cells.
  const bool has_hint = lines.size() > 1 && lines.front().text.size() == 5 &&
                        lower_ascii(lines.front().text).starts_with("sep=");
  if (has_hint) lines.erase(lines.begin());
  if (lines.empty()) return classify::parse_vocabulary_text(text);
  const std::string_view first = lines.front().text;
  if (first.front() == '<') refuse_markup(text);
  if (first.front() == kBrace || (first.front() == '[' && !is_section(first)))
    return parse_flow(text);
  const auto any = [&](const auto& holds) {
    return std::any_of(lines.begin(), lines.end(), holds);
  };
  if (any([](const TextLine& line) { return is_section(line.text); })) {
    return classify::parse_vocabulary_text(text);
  }
  if (const auto value = assigned_value(text.substr(first.data() - text.data()))) {
    return parse_flow(*value);
  }
  if (any(is_item_start)) return parse_pbtxt(text);
  if (const auto vocabulary = parse_label_map(lines)) return *vocabulary;
  if (const auto vocabulary = parse_numbered_lines(lines)) return *vocabulary;
  if (first == "---" || first.starts_with("%YAML") || any(is_yaml_key) ||
      std::all_of(lines.begin(), lines.end(), is_yaml_item)) {
    return classify::parse_vocabulary_json(yaml_as_json(std::string(text)));
  }
  if (is_table(lines)) return parse_table(lines);
  return parse_plain_list(text, lines, log);
}

}  // namespace fcclip::words
