#pragma once
// The fields of a JSON object, read with messages in the words of this program.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace fcclip::data {

/// Numbers may be written as texts ("12.5"), as some tools do. Nothing for anything else, NaN and
/// infinity included.
std::optional<double> as_number(const nlohmann::json& value);

/// Adds all numbers below a list, however deep; false when something else is among them.
bool flatten_numbers(const nlohmann::json& list, std::vector<double>& numbers);

/// An id as the key under which it is looked up. Ids are names: a number (139, also 139.0), or a
/// text, which keeps its quotation marks. Throws Error{bad_format} for anything else and for
/// numbers that JSON readers can't tell apart (above 2^64).
std::string id_key(const nlohmann::json& value);
/// The key of the other way to write the same id: 139 for "139" and back.
std::string id_key_alike(const std::string& key);
/// Without quotation marks, for names of files.
std::string id_text(const std::string& key);
/// The number of a key, also of one that is the text of a number. Throws Error{bad_format} naming
/// the field that holds it.
int64_t id_number(const std::string& key, std::string_view field);

/// A field that is null counts as missing. All throw Error{bad_format} that says which field is
/// missing or what it holds instead.
class JsonFields {
 public:
  /// Throws Error{bad_format} when `object` is none; must outlive this.
  explicit JsonFields(const nlohmann::json& object);

  /// nullptr when missing.
  const nlohmann::json* find(std::string_view key) const;
  const nlohmann::json& at(std::string_view key) const;
  double number(std::string_view key) const;
  double number(std::string_view key, double otherwise) const;
  int64_t whole(std::string_view key) const;
  int64_t whole(std::string_view key, int64_t otherwise) const;
  /// true, 1, "1", "true"; missing is false.
  bool flag(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::string text(std::string_view key, const std::string& otherwise) const;
  std::string id(std::string_view key) const;
  /// A list; null is an empty one.
  const nlohmann::json& list(std::string_view key) const;
  const nlohmann::json& object() const { return object_; }

 private:
  const nlohmann::json& object_;
};

/// "null", "a list", "the text \"big\"", …
std::string describe_value(const nlohmann::json& value);

}  // namespace fcclip::data
