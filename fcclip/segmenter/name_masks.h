#pragma once
// From embeddings and words to class probabilities: the first half of Segmenter::ask.

#include "fcclip/classify/ensemble.h"
#include "fcclip/model/model.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// Class scores of every mask, a batch of one. Where masks are embedded one by one (Mask-Adapter),
/// those that can't be in an answer of `wanted` are not: their scores are those of embeddings made
/// before, or pooled ones, and change no answer.
classify::Classification classify_masks(const model::Model& model, const EncodedImage& image,
                                        const PreparedVocabulary& vocabulary,
                                        const WantedAnswers& wanted, const Trace& trace = {});

}  // namespace fcclip::segmenter
