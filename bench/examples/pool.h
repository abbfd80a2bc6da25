#pragma once
// Scenes of the world, encoded once for all questions.

#include <memory>
#include <vector>

#include "fcclip/data/truth.h"
#include "fcclip/scenes/scenes.h"
#include "fcclip/segmenter/examples.h"

namespace fcclip::bench {

/// The first scenes of a data set without end.
class FirstScenes final : public data::Dataset {
 public:
  FirstScenes(std::shared_ptr<const scenes::World> world, scenes::Pictures pictures, uint64_t seed,
              int64_t count, int64_t side = 256)
      : scenes_(std::move(world), {.size = {side, side},
                                   .concepts = scenes::Concepts::all,
                                   .pictures = pictures,
                                   .seed = seed}),
        count_(count) {}
  int64_t size() const override { return count_; }
  data::Sample get(int64_t index) const override { return scenes_.get(index); }
  const classify::Vocabulary& vocabulary() const override { return scenes_.vocabulary(); }

 private:
  scenes::SceneDataset scenes_;
  int64_t count_;
};

/// A scene after the network, with its truth.
struct Tested {
  segmenter::EncodedImage image;
  data::PanopticMap truth;
  std::vector<int64_t> class_of_query;  ///< of the segment that each mask is (IoU ≥ ½); −1: none
};
std::vector<Tested> encode_scenes(const segmenter::Segmenter& segmenter,
                                  const data::Dataset& scenes);

/// Examples of each class, the first `most` of the scenes.
std::vector<std::vector<segmenter::Example>> examples_of_classes(
    const segmenter::Segmenter& segmenter, const data::Dataset& scenes,
    const segmenter::PreparedVocabulary& words, size_t most);

}  // namespace fcclip::bench
