#pragma once
// What the tracker sees of a frame that the network has seen and that was asked.

#include <vector>

#include "fcclip/segmenter/segmenter.h"
#include "fcclip/video/tracker.h"

namespace fcclip::video {

/// An observation a segment, in their order: both embeddings of its query side by side, each of
/// length √½, so that a scalar product is the mean of two cosines; its pixels on a map of 96 pixels
/// on the longer side. `answer` must be panoptic: Error{invalid_argument}.
std::vector<Observation> observe(const segmenter::EncodedImage& image,
                                 const results::Segmentation& answer);

/// Gives the segments these ids, in the list and in the map.
void rename_segments(results::Segmentation& answer, const std::vector<int64_t>& ids);

}  // namespace fcclip::video
