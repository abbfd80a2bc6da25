#include "fcclip/pretrain/open_pairs.h"

#include "fcclip/core/error.h"
#include "fcclip/pretrain/list_pairs.h"
#include "fcclip/pretrain/world_pairs.h"

namespace fcclip::pretrain {

OpenPairs open_pairs(const PretrainOptions& options, const LogCallback& log) {
  if (options.world.empty() == options.pairs.empty()) {
    fail(ErrorCode::invalid_argument, "pretrain needs --world FILE or --pairs LIST, one of them");
  }
  if (!options.world.empty()) {
    auto world = scenes::World::open(options.world, {options.min_pictures});
    return {make_world_pairs(world, options.scene_side, options.scenes), world};
  }
  ListPairOptions list;
  list.seed = static_cast<uint64_t>(options.seed);
  list.ramp = options.scenes.ramp;
  list.bad_share = options.bad_share;
  return {
      std::make_shared<ListPairs>(read_picture_list(options.pairs, log), list, options.batch_size),
      nullptr};
}

}  // namespace fcclip::pretrain
