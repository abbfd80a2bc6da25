#pragma once
// What is measured with: a picture, questions, and rows that cost nothing. Internal to the folder.

#include "fcclip/measure/machine.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::measure {

/// Everyday names of one to three words.
classify::Vocabulary few_words(int64_t count);

/// A question of 1, 20, 150 or 1,203 classes, as the built-in tables have them; of 0: everything.
classify::Vocabulary question_of(int64_t count);

/// Rows near the embeddings of every third query: so that, as in answers to real words, some masks
/// find a word and most do not.
segmenter::PreparedVocabulary with_made_up_rows(const classify::Vocabulary& words,
                                                const segmenter::EncodedImage& image,
                                                const classify::Vocabulary& training);

/// What the network sees of the picture at this size.
Size padded_size(const at::Tensor& rgb, const model::PixelConfig& pixels,
                 const segmenter::EncodeSize& size);

}  // namespace fcclip::measure
