#pragma once
// Steps asked with fewer words than the training vocabulary has: whether a segment is none of the
// words must be learnt for few words too. Not in the published recipe.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/core/random.h"
#include "fcclip/train/matcher.h"

namespace fcclip::train {

/// Positions, rising, of the classes that a step is asked with: all that are present and a part of
/// the others, from every one of them to about 1 in 256, on a logarithmic scale.
///   present  [K] bool
/// Throws Error{shape_mismatch}.
at::Tensor choose_words(const at::Tensor& present, Random& random);

/// Which classes the targets show, [classes] bool.
at::Tensor present_classes(const std::vector<Targets>& targets, int64_t classes);

/// The rows of the chosen classes [K'] alone.
classify::TextClassifier only(const classify::TextClassifier& words, const at::Tensor& chosen);

/// Labels as positions in `chosen`, which must hold all of them; masks shared. chosen [K] int64.
Targets relabelled(const Targets& targets, const at::Tensor& chosen);

}  // namespace fcclip::train
