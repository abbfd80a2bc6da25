// "Like this" of the public face.

#include "fcclip/api/model.h"
#include "fcclip/api/words.h"
#include "fcclip/core/boundary.h"
#include "fcclip/segmenter/examples.h"

namespace fcclip {
inline namespace v1 {

Words Model::like(const Words& words, const std::string& name,
                  std::span<const ShownSegment> shown) const {
  return translating_errors([&] {
    classify::Vocabulary question = vocabulary_of(words);
    const segmenter::PreparedVocabulary prepared = loaded_->segmenter.prepare(question);
    std::vector<segmenter::Example> examples;
    for (const ShownSegment& one : shown) {
      check_model("the image of an example was encoded by", *one.image.encoded(), loaded_);
      examples.push_back(segmenter::example_of(loaded_->segmenter, one.image.encoded()->image,
                                               one.query, prepared));
    }
    segmenter::show(loaded_->segmenter, prepared, name, examples, question);
    return words_of(question);
  });
}

}  // namespace v1
}  // namespace fcclip
