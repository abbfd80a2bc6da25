#include "fcclip/eval/truth_overlay.h"

namespace fcclip::eval {

draw::OverlayInput truth_overlay(const at::Tensor& ids,
                                 const std::vector<data::TruthSegment>& segments,
                                 const classify::Vocabulary& vocabulary,
                                 const std::vector<draw::Colour>& colours) {
  draw::OverlayInput input{ids, {}};
  for (const data::TruthSegment& segment : segments) {
    const classify::VocabularyClass& entry = vocabulary.classes[segment.class_index];
    draw::OverlaySegment drawn;
    drawn.id = segment.id;
    drawn.label = entry.synonyms.front();
    drawn.colour = colours[segment.class_index];
    drawn.is_thing = entry.is_thing;
    input.segments.push_back(std::move(drawn));
  }
  return input;
}

}  // namespace fcclip::eval
