#pragma once
// A model judged while it learns.

#include "fcclip/engine/bad_pictures.h"
#include "fcclip/engine/journal.h"
#include "fcclip/engine/processes.h"
#include "fcclip/segmenter/segmenter.h"
#include "fcclip/train/source.h"

namespace fcclip::train {

/// What a model is judged by: the first `pictures` of a source (0: all, of an endless one a
/// hundred). Those that cannot be used are told
/// to `bad` and left out.
struct LiveData {
  const Source& source;
  const segmenter::PreparedVocabulary& words;
  int64_t pictures = 0;
  engine::BadPictures& bad;
};

/// Panoptic quality in percent, spread over the processes: "PQ", "PQ_seen", "PQ_unseen" with the
/// model's ensemble, and "PQ_masks" with all segments as one class. Nothing when no picture can be
/// used.
engine::Numbers evaluate_live(const segmenter::Segmenter& segmenter, const LiveData& data,
                              const engine::Processes& processes);

/// Every picture twice, side by side, with its truth and with what the model says of it, a class in
/// the same colour everywhere: [h, w, 3] uint8; undefined when no picture can be used.
at::Tensor predictions_sheet(const segmenter::Segmenter& segmenter, const LiveData& data);

}  // namespace fcclip::train
