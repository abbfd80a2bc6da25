#pragma once
// What runs on the device for a picture, between its pixels and what EncodedImage keeps.

#include <vector>

#include <ATen/core/Tensor.h>

#include "fcclip/core/progress.h"
#include "fcclip/core/trace.h"
#include "fcclip/head/mask_decoder.h"
#include "fcclip/model/model.h"

namespace fcclip::segmenter {

/// What the two decoders and CLIP's trunk find.
struct FoundMasks {
  at::Tensor dense;  ///< [B, h, w, C] CLIP's last map
  std::vector<head::MaskPredictions>
      predictions;  ///< of every decoder layer where traced, else the last
};

/// pixels [B, H, W, 3] float32, preprocessed, on the model's device; sides multiples of 32. Ticks after each block of the trunk and
/// each decoder.
FoundMasks find_masks(const model::Model& model, const at::Tensor& pixels, const Trace& trace = {},
                      const Tick& tick = {});

/// CLIP's own embedding of each mask.
struct PooledEmbeddings {
  at::Tensor clip_embed;  ///< [B, Q, D]
  at::Tensor valid;       ///< [B, Q] bool: the mask has a positive position on CLIP's map
};

/// dense [B, h, w, C], mask_logits [B, Q, H/4, W/4].
PooledEmbeddings pool_in_masks(const model::Model& model, const at::Tensor& dense,
                               const at::Tensor& mask_logits, const Trace& trace = {});

/// Both, for pictures whose masks are the network's own: what is kept of a run.
struct NetworkResult {
  at::Tensor mask_logits;  ///< [B, Q, H/4, W/4]
  at::Tensor class_embed;  ///< [B, Q, D]
  at::Tensor clip_embed;   ///< [B, Q, D]
  at::Tensor valid;        ///< [B, Q] bool
  at::Tensor dense;        ///< [B, h, w, C]; undefined where nothing behind the network looks at it
};

/// The same as a list, for what is recorded on a device (ops/graphed_work.h).
std::vector<at::Tensor> tensors_of(const NetworkResult& result);
/// Back again.
NetworkResult network_result(const std::vector<at::Tensor>& tensors);

/// As find_masks; a pure function of the pixels [B, H, W, 3].
NetworkResult run_network(const model::Model& model, const at::Tensor& pixels);

}  // namespace fcclip::segmenter
