#pragma once
// Values of HTTP headers that have parts.

#include <string>
#include <string_view>
#include <vector>

namespace fcclip::serve {

/// Without blanks and tabs at both ends.
std::string trimmed(std::string_view text);

/// "multipart/form-data; boundary=x"
struct HeaderValue {
  std::string value;
  struct Parameter {
    std::string name, value;
  };
  std::vector<Parameter> parameters;

  /// Empty where there is none of that name.
  std::string parameter(std::string_view name) const;
};

/// Reads quoted strings too; what cannot be read is left out.
HeaderValue parse_header_value(std::string_view text);

/// Of `offered` the one that the Accept header likes best, the earlier of equal ones; empty: none.
/// No header takes everything.
std::string negotiate(const std::string* accept, const std::vector<std::string>& offered);

}  // namespace fcclip::serve
