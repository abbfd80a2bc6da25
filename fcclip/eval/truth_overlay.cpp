#include "fcclip/eval/truth_overlay.h"

namespace fcclip::eval {

results::Segmentation truth_overlay(const at::Tensor& ids,
                                    const std::vector<data::TruthSegment>& segments,
                                    const classify::Vocabulary& vocabulary) {
  results::PanopticSegmentation truth{ids, {}};
  for (const data::TruthSegment& segment : segments) {
    const classify::VocabularyClass& entry = vocabulary.classes[segment.class_index];
    results::Segment drawn;
    drawn.id = segment.id;
    drawn.class_index = segment.class_index;
    drawn.name = entry.synonyms.front();
    drawn.is_thing = entry.is_thing;
    drawn.score = -1;
    truth.segments.push_back(std::move(drawn));
  }
  return {{ids.size(0), ids.size(1)}, std::move(truth)};
}

}  // namespace fcclip::eval
