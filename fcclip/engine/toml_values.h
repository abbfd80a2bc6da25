#pragma once
// Values of settings from and to TOML. Internal to the folder.

#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

#include "fcclip/core/error.h"

namespace fcclip::engine {

/// As Settings::Member lists them.
inline constexpr std::string_view kSettingTypes[] = {
    "true or false", "a whole number",          "a number",
    "text",          "a list of whole numbers", "a list of numbers"};

/// Whether the node is of the member's type.
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

/// Throws Error{bad_format} with the place.
inline toml::table parse_toml(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    const toml::source_position& at = error.source().begin;
    fail(ErrorCode::bad_format, name, ":", at.line, ":", at.column,
         ": not TOML; expected key = value, text in quotation marks and backslashes in it doubled");
  }
}

inline std::string toml_text(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}
inline std::string toml_text(bool value) {
  return value ? "true" : "false";
}
inline std::string toml_text(int64_t value) {
  return std::to_string(value);
}
/// The shortest text that gives the same number; TOML knows a number that is not whole by its point
/// or exponent.
inline std::string toml_text(double value) {
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
std::string toml_text(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() > 1 ? ", " : "") + toml_text(value);
  return text + "]";
}

}  // namespace fcclip::engine
