#pragma once
// A name in a prompt template.

#include <string>

namespace fcclip::classify {

/// Every "{}" of `pattern` replaced by `name`; what stands in `name` is left as it is.
std::string fill_template(const std::string& pattern, const std::string& name);

}  // namespace fcclip::classify
