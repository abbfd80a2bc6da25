#include "fcclip/serve/fields.h"

#include <charconv>
#include <cmath>

#include "fcclip/core/listed.h"
#include "fcclip/core/nearest_name.h"
#include "fcclip/serve/problem.h"
#include "fcclip/text/printable.h"
#include "fcclip/text/unicode_text.h"

namespace fcclip::serve {
namespace {

using nlohmann::json;

constexpr size_t kShownBytes = 60;

// What the client gave, for messages.
std::string shown(const json& value) {
  return text::printable(value.dump(-1, ' ', false, json::error_handler_t::replace), kShownBytes);
}

template <typename Number>
std::optional<Number> read_whole_text(const std::string& text) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty()) return {};
  return value;
}

// JSON's whole numbers may be written as 3.0; JavaScript has no others.
std::optional<int64_t> whole_of(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value != std::trunc(value) || std::abs(value) > kExact) return {};
  return static_cast<int64_t>(value);
}

}  // namespace

void Fields::add(const std::string& name, json value) {
  if (values_.contains(name)) refuse_field(text::printable(name), "given twice");
  if (value.is_null()) refuse_field(text::printable(name), "null; leave it out instead");
  values_[name] = std::move(value);
}

void Fields::add_text(const std::string& name, std::string value) {
  add(name, std::move(value));
  texts_.insert(name);
}

void Fields::add_fields(Fields other) {
  add_all(std::move(other.values_));
  texts_.merge(other.texts_);
}

std::optional<double> Fields::as_number(const std::string& name) const {
  const json& value = values_.at(name);
  if (value.is_number()) return value.get<double>();
  if (texts_.contains(name)) return read_whole_text<double>(value.get_ref<const std::string&>());
  return {};
}

std::optional<int64_t> Fields::as_whole(const std::string& name) const {
  const json& value = values_.at(name);
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) return {};
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) return whole_of(value.get<double>());
  if (texts_.contains(name)) return read_whole_text<int64_t>(value.get_ref<const std::string&>());
  return {};
}

void Fields::add_all(json object) {
  for (auto& [name, value] : object.items()) add(name, std::move(value));
}

std::optional<std::string> Fields::text(const std::string& name) {
  known_.insert(name);
  if (!has(name)) return {};
  const json& value = values_[name];
  if (!value.is_string()) refuse_field(name, shown(value), " is not a text");
  std::string out = value.get<std::string>();
  if (!text::decode_utf8_strict(out, false)) refuse_field(name, "not UTF-8");
  if (out.find('\0') != std::string::npos) refuse_field(name, "a zero byte in the text");
  return out;
}

std::optional<double> Fields::number(const std::string& name, double least, double most) {
  known_.insert(name);
  if (!has(name)) return {};
  const std::optional<double> value = as_number(name);
  if (!value || !(*value >= least && *value <= most))
    refuse_field(name, shown(values_[name]), " is not a number from ", least, " to ", most);
  return value;
}

std::optional<int64_t> Fields::whole(const std::string& name, int64_t least, int64_t most) {
  known_.insert(name);
  if (!has(name)) return {};
  const std::optional<int64_t> value = as_whole(name);
  if (!value || *value < least || *value > most)
    refuse_field(name, shown(values_[name]), " is not a whole number from ", least, " to ", most);
  return value;
}

std::optional<bool> Fields::truth(const std::string& name) {
  known_.insert(name);
  if (!has(name)) return {};
  const json& value = values_[name];
  if (value.is_boolean()) return value.get<bool>();
  if (texts_.contains(name)) {
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
  }
  refuse_field(name, shown(value), " is neither true nor false");
}

std::optional<std::string> Fields::list(const std::string& name) {
  known_.insert(name);
  if (!has(name) || !values_[name].is_array()) return text(name);
  std::string joined;
  for (const json& entry : values_[name]) {
    if (!entry.is_string()) refuse_field(name, shown(entry), " is not a text");
    const std::string& word = entry.get_ref<const std::string&>();
    if (word.find(',') != std::string::npos)
      refuse_field(name, shown(entry), " has a comma; in a list every entry is one class");
    add_to_list(joined, word);
  }
  values_[name] = joined;
  return text(name);
}

size_t Fields::choice(const std::string& name, const std::vector<std::string>& choices) {
  const std::optional<std::string> value = text(name);
  if (!value) return 0;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (*value == choices[i]) return i;
  }
  refuse_field(name, '"', text::printable(*value, kShownBytes), "\" is none of ", listed(choices));
}

json Fields::raw(const std::string& name) {
  known_.insert(name);
  return has(name) ? values_[name] : json();
}

void Fields::check_all_known() const {
  for (const auto& [name, value] : values_.items()) {
    if (known_.contains(name)) continue;
    const std::vector<std::string> known(known_.begin(), known_.end());
    refuse_field(text::printable(name, kShownBytes), "no such field here",
                 did_you_mean(name, known));
  }
}

json parse_json_object(std::string_view text, int most_levels) {
  const auto check_depth = [&](int depth, json::parse_event_t, json&) {
    if (depth > most_levels)
      fail(ErrorCode::invalid_argument, "JSON of more than ", most_levels, " levels");
    return true;
  };
  json object;
  try {
    object = json::parse(text, check_depth);
  } catch (const json::exception&) {
    fail(ErrorCode::invalid_argument, "the body is not JSON");
  }
  if (!object.is_object()) fail(ErrorCode::invalid_argument, "the body is not a JSON object");
  return object;
}

}  // namespace fcclip::serve
