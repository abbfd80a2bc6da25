#pragma once
// The dtype of a file's weights by its name on the command line or in a configuration.

#include <string>

#include <c10/core/ScalarType.h>

namespace fcclip::apps {

/// "float16", "bfloat16"; anything else is float32. Names are checked where they are read.
inline at::ScalarType weight_dtype(const std::string& name) {
  if (name == "float16") return at::kHalf;
  return name == "bfloat16" ? at::kBFloat16 : at::kFloat;
}

}  // namespace fcclip::apps
