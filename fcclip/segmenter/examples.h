#pragma once
// "Like this": classifier rows of objects that somebody shows, in place of words or beside them.

#include <span>

#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// A mask of a picture as both classifiers see it: [D] each, of unit length, on the host.
struct Example {
  at::Tensor in_embed, out_embed;
};

/// The embeddings that both classifiers compare with rows, [Q, D] each, of unit length, on the host.
struct MaskEmbeddings {
  at::Tensor in_vocabulary, out_of_vocabulary;
};
/// words: any that this segmenter prepared.
MaskEmbeddings mask_embeddings(const Segmenter& segmenter, const EncodedImage& image,
                               const PreparedVocabulary& words);

/// One mask of an encoded picture, shown as an example. Throws Error{invalid_argument} for a query
/// that the picture has not.
Example example_of(const Segmenter& segmenter, const EncodedImage& image, int64_t query,
                   const PreparedVocabulary& words);

/// An object by its pixels: CLIP's features are pooled in them, the in-vocabulary embedding is that
/// of the query whose mask overlaps most. One run of the network.
///   rgb   [H, W, 3] uint8;  mask [H, W] bool
/// Throws Error{shape_mismatch} for a mask of another size, Error{invalid_argument} for one without
/// a pixel.
Example see_object(const Segmenter& segmenter, const at::Tensor& rgb, const at::Tensor& mask,
                   const PreparedVocabulary& words, const EncodeSize& size = {});

/// The rows of what the examples show, of both classifiers the normalised mean of their embeddings.
/// Embeddings of any two pictures are nearer to one another than to any word, so that this row by
/// itself would win too many masks against words: alone it is shorter than words' rows are, beside
/// the word it is a small step from the word's row (docs/examples.md has the measurement).
///   word  the class (its position) of `words` that they are mixed with; −1: they stand alone
/// Throws Error{invalid_argument} where there is no example or no such class.
std::shared_ptr<const classify::ClassRows> rows_of_examples(const Segmenter& segmenter,
                                                            std::span<const Example> examples,
                                                            const PreparedVocabulary& words,
                                                            int64_t word);

/// Gives the class `name` of a question the rows of what the examples show: beside its word, or as a
/// class more (a thing) where the question has no such word. words: the question as it was
/// prepared. Throws as above.
void show(const Segmenter& segmenter, const PreparedVocabulary& words, const std::string& name,
          std::span<const Example> examples, classify::Vocabulary& question);

}  // namespace fcclip::segmenter
