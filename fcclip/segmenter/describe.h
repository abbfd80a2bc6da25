#pragma once
// From class probabilities and masks to named segments: the last step of Segmenter::ask.

#include "fcclip/classify/ensemble.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// Runs the task's inference and gives every segment its words and scores. Segments of background
/// classes and of scores below options.min_score are left out: panoptic ids stay contiguous,
/// semantic pixels become -1 (no score leaves out a semantic class). So are instances without a
/// pixel. `classes` may be where the image is: the host waits once for them and for what is found, of
/// instances twice more (ops::mask_runs).
results::Segmentation describe(const EncodedImage& image, const PreparedVocabulary& vocabulary,
                               const classify::Classification& classes, const AskOptions& options);

/// The second half of describe, for segments that were found in another way.
void finish_description(results::Segmentation& answer, const EncodedImage& image,
                        const PreparedVocabulary& vocabulary,
                        const classify::Classification& classes, const AskOptions& options);

/// Segments are named from these numbers one by one.
classify::Classification on_host(const classify::Classification& classes);

/// Gives segments whose query and class are known their words and scores, as describe does.
void name_segments(std::vector<results::Segment>& segments, const EncodedImage& image,
                   const PreparedVocabulary& vocabulary, const classify::Classification& classes,
                   int64_t next_best);

/// The masks of an encoded image with the sizes they pass through.
results::MaskSource mask_source(const EncodedImage& image);

/// Per class of the vocabulary.
std::vector<bool> thing_flags(const classify::Vocabulary& vocabulary);

}  // namespace fcclip::segmenter
