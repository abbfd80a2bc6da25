#include "fcclip/data/json_fields.h"

#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "fcclip/core/error.h"

namespace fcclip::data {
namespace {

using nlohmann::json;

constexpr double kTwoTo63 = 9223372036854775808.0;

[[noreturn]] void refuse_field(std::string_view key, const json& value, std::string_view expected) {
  fail(ErrorCode::bad_format, "\"", key, "\" is ", describe_value(value), ", expected ", expected);
}

}  // namespace

std::optional<double> as_number(const json& value) {
  double number = 0;
  if (value.is_number()) {
    number = value.get<double>();
  } else if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    char* end = nullptr;
    number = std::strtod(text.c_str(), &end);
    while (*end == ' ') ++end;
    if (text.empty() || end != text.c_str() + text.size() || text.find('x') != std::string::npos) {
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

bool flatten_numbers(const json& list, std::vector<double>& numbers) {
  for (const json& item : list) {
    if (item.is_array()) {
      if (!flatten_numbers(item, numbers)) return false;
      continue;
    }
    const std::optional<double> number = as_number(item);
    if (!number) return false;
    numbers.push_back(*number);
  }
  return true;
}

std::string id_key(const json& value) {
  if (value.is_string() || value.is_number_integer()) return value.dump();
  if (!value.is_number()) {
    fail(ErrorCode::bad_format, "an id that is ", describe_value(value),
         "; ids are numbers or texts");
  }
  const double number = value.get<double>();
  if (std::abs(number) >= 2 * kTwoTo63) {
    fail(ErrorCode::bad_format, "an id of more than 64 bits (", value.dump(),
         "); write such ids as texts");
  }
  if (number == std::floor(number) && std::abs(number) < kTwoTo63) {
    return std::to_string(static_cast<int64_t>(number));
  }
  return value.dump();
}

std::string id_key_alike(const std::string& key) {
  return key.starts_with('"') ? id_text(key) : json(key).dump();
}

std::string id_text(const std::string& key) {
  return key.starts_with('"') ? json::parse(key).get<std::string>() : key;
}

int64_t id_number(const std::string& key, std::string_view field) {
  const json object = {{std::string(field), json::parse(key)}};
  return JsonFields(object).whole(field);
}

JsonFields::JsonFields(const json& object) : object_(object) {
  if (!object.is_object()) {
    fail(ErrorCode::bad_format, describe_value(object), " where an object {…} is expected");
  }
}

const json* JsonFields::find(std::string_view key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const json& JsonFields::at(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) fail(ErrorCode::bad_format, "\"", key, "\" is missing");
  return *value;
}

double JsonFields::number(std::string_view key) const {
  const json& value = at(key);
  const std::optional<double> number = as_number(value);
  if (!number) refuse_field(key, value, "a number");
  return *number;
}

double JsonFields::number(std::string_view key, double otherwise) const {
  return find(key) == nullptr ? otherwise : number(key);
}

int64_t JsonFields::whole(std::string_view key) const {
  const json& value = at(key);
  if (value.is_number_integer() && value <= INT64_MAX) return value.get<int64_t>();
  const std::optional<double> number = as_number(value);
  if (!number || *number != std::floor(*number) || std::abs(*number) >= kTwoTo63) {
    refuse_field(key, value, "a whole number");
  }
  return static_cast<int64_t>(*number);
}

int64_t JsonFields::whole(std::string_view key, int64_t otherwise) const {
  return find(key) == nullptr ? otherwise : whole(key);
}

bool JsonFields::flag(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  if (const std::optional<double> number = as_number(*value)) return *number != 0;
  if (value->is_string()) {
    const std::string& text = value->get_ref<const std::string&>();
    if (text == "true" || text == "True") return true;
    if (text == "false" || text == "False" || text.empty()) return false;
  }
  refuse_field(key, *value, "0 or 1");
}

std::string JsonFields::text(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_string()) refuse_field(key, value, "a text");
  return value.get<std::string>();
}

std::string JsonFields::text(std::string_view key, const std::string& otherwise) const {
  return find(key) == nullptr ? otherwise : text(key);
}

std::string JsonFields::id(std::string_view key) const {
  try {
    return id_key(at(key));
  } catch (const Error& error) {
    if (find(key) == nullptr) throw;
    fail(error.code(), "\"", key, "\": ", error.what());
  }
}

const json& JsonFields::list(std::string_view key) const {
  static const json kEmpty = json::array();
  const auto found = object_.find(key);
  if (found == object_.end()) fail(ErrorCode::bad_format, "no list \"", key, "\" in it");
  if (found->is_null()) return kEmpty;
  if (!found->is_array()) refuse_field(key, *found, "a list");
  return *found;
}

std::string describe_value(const json& value) {
  constexpr size_t kShown = 40;
  if (value.is_array()) return value.empty() ? "an empty list" : "a list";
  if (value.is_object()) return "an object {…}";
  if (!value.is_string()) return value.dump();
  const std::string& text = value.get_ref<const std::string&>();
  return "the text " + json(text.size() > kShown ? text.substr(0, kShown) : text)
                           .dump(-1, ' ', true, json::error_handler_t::ignore);
}

}  // namespace fcclip::data
