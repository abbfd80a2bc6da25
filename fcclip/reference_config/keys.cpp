#include "fcclip/reference_config/keys.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/core/plain_text.h"
#include "fcclip/text/printable.h"

namespace fcclip::reference_config {
namespace {

std::string_view stripped(std::string_view text) {
  return trimmed(text, " \t\r\n");
}

std::string_view unquoted(std::string_view text) {
  const bool quotes = text.size() >= 2 && (text[0] == '"' || text[0] == '\'');
  return quotes && text.back() == text[0] ? text.substr(1, text.size() - 2) : text;
}

// YAML knows no tuples: `("a", "b")`, `(1, 2)` and `1, 2` are texts, which yacs reads as Python's
// literals.
std::vector<std::string> literal_items(std::string_view text) {
  text = stripped(text);
  const bool brackets = text.size() >= 2 && ((text[0] == '(' && text.back() == ')') ||
                                             (text[0] == '[' && text.back() == ']'));
  if (brackets) text = text.substr(1, text.size() - 2);
  std::vector<std::string> items;
  while (!stripped(text).empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    items.emplace_back(unquoted(stripped(text.substr(0, comma))));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::optional<double> number_in(std::string_view text) {
  text = stripped(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  return number_of_text(text);
}

struct SplitKey {
  std::string section, name;
};

SplitKey split_key(const std::string& key) {
  const size_t point = key.rfind('.');
  if (point == std::string::npos) return {"", key};
  return {key.substr(0, point), key.substr(point + 1)};
}

// Of an unknown key: the nearest that is read in its section, or the nearest section with its name.
std::string meant_key(const std::string& key) {
  const SplitKey wanted = split_key(key);
  std::vector<std::string> names, sections;
  for (const auto& [known, value] : reference_defaults()) {
    const SplitKey one = split_key(known);
    if (one.section == wanted.section) names.push_back(one.name);
    if (one.name == wanted.name) sections.push_back(one.section);
  }
  const std::string meant = did_you_mean(wanted.name, names);
  return meant.empty() ? did_you_mean(wanted.section, sections) : meant;
}

}  // namespace

Keys::Keys(KeyTable stated, std::string file)
    : stated_(std::move(stated)), file_(std::move(file)) {}

const Value& Keys::find(std::string_view key) const {
  const std::string name(key);
  if (const auto found = stated_.find(name); found != stated_.end()) return found->second;
  const auto found = reference_defaults().find(name);
  if (found == reference_defaults().end())
    fail(ErrorCode::internal, "no default of the reference for ", key);
  return found->second;
}

void Keys::refuse(std::string_view key, std::string_view expected) const {
  const Value& value = find(key);
  fail(ErrorCode::bad_format, where(key), ": expected ", expected, ", got ",
       value.is_list ? std::string("a list") : "\"" + text::printable(value.text) + "\"");
}

const std::string& Keys::text(std::string_view key) const {
  const Value& value = find(key);
  if (value.is_list) refuse(key, "a text");
  return value.text;
}

bool Keys::flag(std::string_view key) const {
  std::string word(stripped(text(key)));
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  refuse(key, "True or False");
}

int64_t Keys::whole(std::string_view key) const {
  const std::string_view digits = stripped(text(key));
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) refuse(key, "a whole number");
  return value;
}

double Keys::number(std::string_view key) const {
  const auto value = number_in(text(key));
  if (!value) refuse(key, "a number");
  return *value;
}

std::vector<std::string> Keys::texts(std::string_view key) const {
  const Value& value = find(key);
  return value.is_list ? value.items : literal_items(value.text);
}

std::vector<double> Keys::numbers(std::string_view key) const {
  std::vector<double> values;
  for (const std::string& item : texts(key)) {
    const auto value = number_in(item);
    if (!value) refuse(key, "a list of numbers");
    values.push_back(*value);
  }
  return values;
}

const std::vector<std::vector<std::string>>& Keys::rows(std::string_view key) const {
  const Value& value = find(key);
  if (value.rows.size() != value.items.size() || (!value.is_list && !texts(key).empty())) {
    refuse(key, "a list of lists");
  }
  return value.rows;
}

bool Keys::is_stated(std::string_view key) const {
  return stated_.contains(std::string(key));
}

std::string Keys::where(std::string_view key) const {
  const Value& value = find(key);
  if (value.file.empty())
    return file_ + ": " + std::string(key) + " (stated nowhere, so the reference's default)";
  return value.file + ":" + std::to_string(value.line) + ": " + std::string(key);
}

std::vector<std::string> Keys::unknown() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : stated_) {
    if (!reference_defaults().contains(key) && !is_known_key(key))
      names.push_back(text::printable(key) + meant_key(key));
  }
  return names;
}

}  // namespace fcclip::reference_config
