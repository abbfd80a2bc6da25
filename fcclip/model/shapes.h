#pragma once
// Shapes of a checkpoint's tensors, as recognising looks at them. Internal to the folder.

#include <string>
#include <vector>

#include "fcclip/core/check.h"
#include "fcclip/core/error.h"
#include "fcclip/model/recognize.h"

namespace fcclip::model {

/// Looks up shapes below a prefix; what is not there is an error by its full name.
class Shapes {
 public:
  Shapes(const TensorShapes& all, std::string prefix) : all_(all), prefix_(std::move(prefix)) {}

  bool has(const std::string& name) const { return all_.contains(prefix_ + name); }
  const std::vector<int64_t>& shape(const std::string& name, size_t dimensions) const {
    const auto found = all_.find(prefix_ + name);
    if (found == all_.end()) {
      fail(ErrorCode::missing_tensor, "tensor ", prefix_, name, " is missing from the checkpoint");
    }
    if (found->second.size() != dimensions) {
      fail(ErrorCode::shape_mismatch, "tensor ", prefix_, name, ": expected ", dimensions,
           " dimensions, got ", shape_string(found->second));
    }
    return found->second;
  }
  int64_t extent(const std::string& name, size_t dimensions, size_t index) const {
    return shape(name, dimensions)[index];
  }
  /// How many of <before>0<after>, <before>1<after>, … there are in a row.
  int64_t count(const std::string& before, const std::string& after) const {
    int64_t n = 0;
    while (has(before + std::to_string(n) + after)) ++n;
    return n;
  }

 private:
  const TensorShapes& all_;
  std::string prefix_;
};

}  // namespace fcclip::model
