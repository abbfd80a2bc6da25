#include "fcclip/data/dataset.h"

namespace fcclip::data {

std::vector<int64_t> Dataset::classes_of(int64_t index) const {
  std::vector<int64_t> classes;
  for (const TruthSegment& segment : get(index).segments) classes.push_back(segment.class_index);
  return classes;
}

}  // namespace fcclip::data
