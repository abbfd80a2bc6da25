#pragma once
// "My own data, a few pictures": a vocabulary's rows fitted to labelled pictures. The mask generator
// and CLIP stay as they are.

#include <vector>

#include "fcclip/adapt/fit_rows.h"
#include "fcclip/data/dataset.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::adapt {

struct AdaptOptions {
  segmenter::EncodeSize size = {};  ///< how large the network sees the pictures
  int64_t limit = 0;                ///< only the first so many pictures; 0: all
  FitOptions in_vocabulary = {}, out_of_vocabulary = {};
  Progress pictures = {};  ///< counts pictures
};

/// What the pictures show, as both classifiers see it.
struct SeenPictures {
  LabelledEmbeddings in_vocabulary, out_of_vocabulary;
  std::vector<int64_t> pictures;  ///< per class: on how many it is
};

/// Every labelled segment that is no crowd: embedded in its true mask, and in each mask of the
/// network that is it (IoU of one half and more). The in-vocabulary classifier also sees, as void,
/// the masks that are none of the segments (IoU below 0.2 with each) though they lie on labelled
/// pixels; what lies where nothing is labelled may be anything, and is left out. Throws as data::Dataset::get,
/// Error{interrupted} as the progress wants it.
SeenPictures see_pictures(const segmenter::Segmenter& segmenter, const data::Dataset& pictures,
                          const segmenter::PreparedVocabulary& words, const AdaptOptions& options);

/// The vocabulary with rows for each class that was seen; others keep their words. Throws
/// Error{invalid_argument} where none was.
classify::Vocabulary adapted_words(const segmenter::Segmenter& segmenter, const SeenPictures& seen,
                                   const segmenter::PreparedVocabulary& words,
                                   const AdaptOptions& options);

/// Classes of the vocabulary that no picture shows.
std::vector<std::string> unseen_names(const SeenPictures& seen,
                                      const classify::Vocabulary& vocabulary);

}  // namespace fcclip::adapt
