#include "fcclip/train/settings.h"

#include <algorithm>
#include <sstream>
#include <toml++/toml.h>

#include "fcclip/core/error.h"
#include "fcclip/io/atomic_file.h"

namespace fcclip::train {
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
    fail(ErrorCode::bad_format, name, ":", error.source().begin.line, ": ", error.description());
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
std::string text_of(double value) {
  std::ostringstream out;
  out << toml::value<double>(value);  // the shortest text that gives the same number
  return out.str();
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

const Settings::Entry& Settings::find(std::string_view key, const std::string& where) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == entries_.end()) {
    fail(ErrorCode::invalid_argument, where, ": no setting is called ", key,
         "; --print-config lists them");
  }
  return *found;
}

void Settings::read_file(const std::filesystem::path& path) {
  read_text(io::read_file(path), path.string());
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
    fail(ErrorCode::invalid_argument, "--set ", assignment, ": expected section.key=value");
  }
  const std::string key = assignment.substr(0, equal), value = assignment.substr(equal + 1);
  const std::string where = "--set " + assignment;
  const bool is_text = std::holds_alternative<std::string*>(find(key, where).member);
  const bool is_bare = value.empty() || (value[0] != '"' && value[0] != '\'');
  read_text(key + " = " + (is_text && is_bare ? quoted(value) : value), where);
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

}  // namespace fcclip::train
