#pragma once
// What a client says by name, whether in the query, in a form or in JSON: read in one way, and
// nothing that nobody understands is passed over.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace fcclip::serve {

/// Named values. Every getter marks its field as understood; numbers and truths are read from the
/// texts of queries and forms, but not from those of JSON. All throw Error{invalid_value} beginning with the
/// field's name.
class Fields {
 public:
  Fields() : values_(nlohmann::json::object()) {}

  /// Of JSON. Throws Error{invalid_value} for null, and for a name that is there already.
  void add(const std::string& name, nlohmann::json value);
  /// Of a query or a form. Throws as add.
  void add_text(const std::string& name, std::string value);
  /// All members. Throws as add.
  void add_all(nlohmann::json object);

  bool has(std::string_view name) const { return values_.contains(name); }
  std::optional<std::string> text(const std::string& name);
  /// least … most.
  std::optional<double> number(const std::string& name, double least, double most);
  std::optional<int64_t> whole(const std::string& name, int64_t least, int64_t most);
  std::optional<bool> truth(const std::string& name);
  /// A text, or a list of texts, joined by commas: how words are given.
  std::optional<std::string> list(const std::string& name);
  /// One of `choices`; else the position of the first.
  size_t choice(const std::string& name, const std::vector<std::string>& choices);
  /// All of another one's. Throws as add.
  void add_fields(Fields other);
  /// As it is; null where there is none.
  nlohmann::json raw(const std::string& name);

  /// Throws Error{invalid_value} when a field was never asked for, with the name that was meant.
  void check_all_known() const;

 private:
  std::optional<double> as_number(const std::string& name) const;
  std::optional<int64_t> as_whole(const std::string& name) const;

  nlohmann::json values_;
  std::set<std::string> texts_;  ///< names of what add_text added
  std::set<std::string> known_;
};

/// A JSON object of bounded depth. Throws Error{invalid_argument} for what is no JSON, no object, or
/// deeper.
nlohmann::json parse_json_object(std::string_view text, int most_levels = 32);

/// Path and query of a target; percent-encoded bytes are decoded, in the query '+' is a blank.
struct Target {
  std::vector<std::string> path;  ///< "/v1/images/" is {"v1", "images", ""}
  Fields query;
};
/// Throws Error{invalid_argument} for a target that RFC 3986 does not allow or that is no path.
Target parse_target(const std::string& target);

}  // namespace fcclip::serve
