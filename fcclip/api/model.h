#pragma once
// What the handles of the public face hold. Internal to the library.

#include "fcclip/fcclip.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip {
inline namespace v1 {

/// What a Model shares with its copies.
struct Model::Loaded {
  segmenter::Segmenter segmenter;
  ModelInfo info;
};

/// What an Image shares with its copies; of which model it is.
struct Image::Encoded {
  segmenter::EncodedImage image;
  std::weak_ptr<const Model::Loaded> model;
};

/// What PreparedWords share with their copies; of which model they are.
struct PreparedWords::Prepared {
  Words words;
  segmenter::PreparedVocabulary vocabulary;
  std::weak_ptr<const Model::Loaded> model;
};

}  // namespace v1
}  // namespace fcclip
