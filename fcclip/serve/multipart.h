#pragma once
// multipart/form-data (RFC 7578).

#include <string>
#include <string_view>
#include <vector>

namespace fcclip::serve {

struct FormPart {
  std::string name, filename, content_type;
  std::string_view content;  ///< inside the body
};

/// The boundary of a Content-Type header's value. Throws Error{invalid_argument} where it has none,
/// or one that RFC 2046 does not allow.
std::string multipart_boundary(std::string_view content_type);

/// The parts of a body, `most` at most. Throws Error{invalid_argument} for a body that is cut short
/// or is not of this form, Error{too_large} for more parts.
std::vector<FormPart> parse_multipart(std::string_view body, const std::string& boundary,
                                      size_t most = 64);

}  // namespace fcclip::serve
