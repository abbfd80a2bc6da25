#pragma once
// Answers of the public face from and to the library's own. Internal to the library.

#include "fcclip/fcclip.h"
#include "fcclip/results/segmentation.h"

namespace fcclip {
inline namespace v1 {

/// Plain values for what inference found.
Segmentation answer_of(results::Segmentation&& found);

/// For writers: what the caller changed in the answer is in the files. Throws Error{shape_mismatch}
/// when the ids are not of the answer's size.
results::Segmentation segmentation_of(const Segmentation& answer);

}  // namespace v1
}  // namespace fcclip
