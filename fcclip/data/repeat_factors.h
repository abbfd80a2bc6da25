#pragma once
// Pictures with rare classes more often (Gupta et al. 2019, LVIS, appendix B.2).

#include <cstdint>
#include <vector>

#include "fcclip/data/stream.h"

namespace fcclip::data {

/// How often each picture is shown in an epoch, on average: the most of max(1, sqrt(threshold / f))
/// over its classes, f being the share of the pictures that show the class; 1 without classes.
/// is_root: false leaves the root out. As detectron2's RepeatFactorTrainingSampler.
///   classes  of each picture; repeated ones count once
std::vector<double> repeat_factors(const std::vector<std::vector<int64_t>>& classes,
                                   double threshold, bool is_root = true);

/// Position -> picture. In an epoch a picture comes as often as the whole part of its factor, and
/// once more by chance for the rest, all in random order; every epoch another. A function of
/// (seed, position). Throws Error{invalid_argument} for factors below 1 or none.
Stream<int64_t> repeated(std::vector<double> factors, int64_t seed);

}  // namespace fcclip::data
