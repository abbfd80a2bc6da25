#pragma once
// What the handles of the public face hold. Internal to the library.

#include "fcclip/core/error.h"
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

/// Throws Error{invalid_argument} for a part (Encoded, Prepared) that another model made.
template <typename Part>
void check_model(const char* what, const Part& part,
                 const std::shared_ptr<const Model::Loaded>& model) {
  if (part.model.owner_before(model) || model.owner_before(part.model)) {
    fail(ErrorCode::invalid_argument, what, " another model");
  }
}

}  // namespace v1
}  // namespace fcclip
