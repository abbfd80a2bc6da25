#pragma once
// "What is this?": which masks are at a place, and what they are called.

#include "fcclip/classify/ensemble.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// Of every query whether its mask is at the place. Throws as Segmenter::at.
std::vector<bool> queries_at(const EncodedImage& image, const Place& place);

/// The second half of Segmenter::at, on the host.
results::Segmentation masks_at(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                               const classify::Classification& classes, const Place& place,
                               const AskOptions& options);

}  // namespace fcclip::segmenter
