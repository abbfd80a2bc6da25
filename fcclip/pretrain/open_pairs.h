#pragma once
// What a run learns from, by its settings.

#include <memory>

#include "fcclip/core/log.h"
#include "fcclip/pretrain/options.h"
#include "fcclip/pretrain/pairs.h"
#include "fcclip/scenes/world.h"

namespace fcclip::pretrain {

struct OpenPairs {
  std::shared_ptr<const PairSource> pairs;
  std::shared_ptr<const scenes::World> world;  ///< where that is the source
};

/// options.world, or the list options.pairs, whose odd lines the log is told. Throws
/// Error{invalid_argument} for both or none; as World::open and read_picture_list do.
OpenPairs open_pairs(const PretrainOptions& options, const LogCallback& log);

}  // namespace fcclip::pretrain
