#pragma once
// "What is here?": the words that fit a picture best, whatever mask they fit.

#include "fcclip/classify/ensemble.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::segmenter {

/// The options.best_words classes of the vocabulary with the highest scores of any mask, best
/// first, each once and with the mask that it fits best: score (the class's probability times the
/// mask's mean sigmoid inside it, as of instances), box, area, synonym; ids are ranks from 1.
/// Background, masks without a pixel and scores below options.min_score do not count.
std::vector<results::Segment> best_words(const EncodedImage& image,
                                         const PreparedVocabulary& vocabulary,
                                         const classify::Classification& classes,
                                         const AskOptions& options);

/// The same as an answer by itself: instances, each word's mask with it (several words may share one),
/// options.next_best names beside the best; options.best_words of them. No run of the network.
results::Segmentation masks_of_best_words(const Segmenter& segmenter, const EncodedImage& image,
                                          const PreparedVocabulary& vocabulary,
                                          const AskOptions& options);

}  // namespace fcclip::segmenter
