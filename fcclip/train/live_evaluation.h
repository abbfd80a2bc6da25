#pragma once
// A model judged while it learns.

#include "fcclip/segmenter/segmenter.h"
#include "fcclip/train/journal.h"
#include "fcclip/train/processes.h"
#include "fcclip/train/source.h"

namespace fcclip::train {

/// Panoptic quality in percent over the first `pictures` of a source, spread over the processes:
/// "PQ", "PQ_seen", "PQ_unseen" with the model's ensemble, and "PQ_masks" with all segments as one
/// class.
Numbers evaluate_live(const Segmenter& segmenter, const Source& source,
                      const PreparedVocabulary& words, int64_t pictures,
                      const Processes& processes);

/// The first pictures of a source with what the model says of them, [h, w, 3] uint8.
at::Tensor predictions_sheet(const Segmenter& segmenter, const Source& source,
                             const PreparedVocabulary& words, int64_t pictures);

}  // namespace fcclip::train
