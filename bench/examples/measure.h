#pragma once
// The two measurements of docs/examples.md.

#include <memory>

#include "fcclip/scenes/world.h"
#include "fcclip/segmenter/segmenter.h"

namespace fcclip::bench {

struct SceneCounts {
  int64_t known = 500, held_out = 220;
  int64_t every = 1;  ///< of so many concepts one is measured
};

/// Shown objects beside words.
void measure_examples(const segmenter::Segmenter& segmenter,
                      const std::shared_ptr<const scenes::World>& world, const SceneCounts& counts);
/// PQ after `fcclip adapt`.
void measure_adapt(const segmenter::Segmenter& segmenter,
                   const std::shared_ptr<const scenes::World>& world, const SceneCounts& counts);

}  // namespace fcclip::bench
