#pragma once
// What the handles of the public face hold. Internal to the library.

#include "fcclip/api/internals.h"
#include "fcclip/fcclip.h"

namespace fcclip {
inline namespace v1 {

struct Model::Loaded {
  Segmenter segmenter;
  ModelInfo info;
};

struct Image::Encoded {
  EncodedImage image;
  std::weak_ptr<const Model::Loaded> model;
};

struct PreparedWords::Prepared {
  Words words;
  PreparedVocabulary vocabulary;
  std::weak_ptr<const Model::Loaded> model;
};

}  // namespace v1
}  // namespace fcclip
