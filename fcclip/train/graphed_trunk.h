#pragma once
// CLIP's frozen trunk in training, on a GPU as one launch a step.

#include <memory>

#include "fcclip/core/log.h"
#include "fcclip/model/model.h"
#include "fcclip/ops/device_graph.h"
#include "fcclip/train/forward.h"

namespace fcclip::train {

/// The model's own image tower, pixels [B, H, W, 3] that come in one size again recorded and replayed (ops/graphed_work.h). Its
/// weights must stay where they are. record: ops::graph_recorder's; where it is empty, so is what is returned.
/// log: told once when a recording fails.
FrozenTrunk graphed_trunk(std::shared_ptr<const model::Model> model, at::Device device,
                          const ops::RecordGraph& record, const LogCallback& log = {});

}  // namespace fcclip::train
