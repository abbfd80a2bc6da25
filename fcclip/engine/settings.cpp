#include "fcclip/engine/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <toml++/toml.h>

#include "fcclip/core/error.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/io/atomic_file.h"
#include "fcclip/text/printable.h"
#include "fcclip/text/text_encoding.h"

namespace fcclip::engine {
namespace {

constexpr std::string_view kTypes[] = {
    "true or false", "a whole number",          "a number",
    "text",          "a list of whole numbers", "a list of numbers"};

template <typename T>
bool assign(T& member, const toml::node& node) {
  // An integer is a number, but a number is no integer.
  if constexpr (std::is_same_v<T, double>) {
    if (!node.is_number()) return false;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    if (!node.is_integer()) return false;
  }
  const std::optional<T> value = node.value<T>();
  if (value) member = *value;
  return value.has_value();
}

template <typename T>
bool assign(std::vector<T>& member, const toml::node& node) {
  const toml::array* array = node.as_array();
  if (!array) return false;
  std::vector<T> values(array->size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!assign(values[i], (*array)[i])) return false;
  }
  member = std::move(values);
  return true;
}

toml::table parse(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    const toml::source_position& at = error.source().begin;
    fail(ErrorCode::bad_format, name, ":", at.line, ":", at.column,
         ": not TOML; expected key = value, text in quotation marks and backslashes in it doubled");
  }
}

std::string quoted(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}

std::string text_of(bool value) {
  return value ? "true" : "false";
}
std::string text_of(int64_t value) {
  return std::to_string(value);
}
std::string text_of(const std::string& value) {
  return quoted(value);
}
// The shortest text that gives the same number; TOML knows a number that is not whole by its point
// or exponent.
std::string text_of(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  char text[64];
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e15);
  const auto [end, error] =
      std::to_chars(std::begin(text), std::end(text), value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string out(std::begin(text), end);
  return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}
template <typename T>
std::string text_of(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() > 1 ? ", " : "") + text_of(value);
  return text + "]";
}

}  // namespace

void Settings::bind(std::string key, Member member, std::string help) {
  entries_.push_back({std::move(key), member, std::move(help)});
}

// The names of the key's section or, of a key without one or of another, all.
std::vector<std::string> Settings::similar_keys(std::string_view key) const {
  const std::string_view section = key.substr(0, key.rfind('.') + 1);
  std::vector<std::string> all, siblings;
  for (const Entry& entry : entries_) {
    all.push_back(entry.key);
    if (!section.empty() && entry.key.starts_with(section)) siblings.push_back(entry.key);
  }
  return siblings.empty() ? all : siblings;
}

const Settings::Entry& Settings::find(std::string_view key, const std::string& where) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == entries_.end()) {
    fail(ErrorCode::invalid_argument, where, ": no setting is called ", text::printable(key),
         did_you_mean(key, similar_keys(key)), "; --print-config lists them");
  }
  return *found;
}

void Settings::read_file(const std::filesystem::path& path) {
  read_text(text::to_utf8(io::read_file(path), path.string()), path.string());
}

void Settings::read_text(std::string_view text, const std::string& name) {
  const auto set = [&](const std::string& key, const toml::node& node) {
    const std::string where = name + ":" + std::to_string(node.source().begin.line);
    const Entry& entry = find(key, where);
    if (!std::visit([&](auto* member) { return assign(*member, node); }, entry.member)) {
      fail(ErrorCode::invalid_argument, where, ": ", key, " must be ",
           kTypes[entry.member.index()]);
    }
  };
  for (const auto& [section, node] : parse(text, name)) {
    if (const toml::table* table = node.as_table()) {
      for (const auto& [key, value] : *table) {
        set(std::string(section.str()) + "." + std::string(key.str()), value);
      }
    } else {
      set(std::string(section.str()), node);
    }
  }
}

void Settings::set(const std::string& assignment) {
  const size_t equal = assignment.find('=');
  if (equal == std::string::npos || equal == 0) {
    fail(ErrorCode::invalid_argument, "--set ", text::printable(assignment, 1000),
         ": expected section.key=value");
  }
  const std::string key = assignment.substr(0, equal), value = assignment.substr(equal + 1);
  const std::string where = "--set " + text::printable(assignment, 1000);
  const Member& member = find(key, where).member;
  const bool is_text = std::holds_alternative<std::string*>(member);
  const bool is_bare = value.empty() || (value[0] != '"' && value[0] != '\'');
  const toml::parse_result parsed = [&] {
    try {
      return toml::parse("value = " + (is_text && is_bare ? quoted(value) : value));
    } catch (const toml::parse_error&) {
      return toml::parse_result();
    }
  }();
  const toml::node* node = parsed.get("value");
  const bool is_one = node != nullptr && parsed.size() == 1;
  if (!is_one || !std::visit([&](auto* to) { return assign(*to, *node); }, member)) {
    fail(ErrorCode::invalid_argument, where, ": ", key, " must be ", kTypes[member.index()]);
  }
}

std::vector<std::string> Settings::changes_since(std::string_view toml,
                                                 const std::string& name) const {
  const toml::table before = parse(toml, name);
  std::vector<std::string> changes;
  for (const Entry& entry : entries_) {
    const toml::node* node = before.at_path(entry.key).node();
    if (node == nullptr) continue;
    std::visit(
        [&](auto* member) {
          auto then = *member;
          if (!assign(then, *node) || then == *member) return;
          changes.push_back(entry.key + " = " + text_of(*member) + ", was " + text_of(then));
        },
        entry.member);
  }
  return changes;
}

std::string Settings::to_toml() const {
  std::string text, section;
  for (const Entry& entry : entries_) {
    const size_t dot = entry.key.find('.');
    const std::string own = dot == std::string::npos ? "" : entry.key.substr(0, dot);
    if (own != section) text += (text.empty() ? "[" : "\n[") + own + "]\n";
    section = own;
    text += entry.key.substr(dot == std::string::npos ? 0 : dot + 1) + " = " +
            std::visit([](auto* member) { return text_of(*member); }, entry.member) + "  # " +
            entry.help + "\n";
  }
  return text;
}

}  // namespace fcclip::engine
