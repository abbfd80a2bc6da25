#include "fcclip/segmenter/network.h"

#include <ATen/ATen.h>

#include "fcclip/ops/resize.h"

namespace fcclip::segmenter {
namespace {

/// The last prediction; all of them for those who watch.
std::vector<head::MaskPredictions> predict(const head::MaskDecoder& decoder,
                                           const head::PixelFeatures& features,
                                           const Trace& trace) {
  if (trace) return decoder.forward_all(features, trace);
  return {decoder.forward(features)};
}

}  // namespace

FoundMasks find_masks(const model::Model& model, const at::Tensor& pixels, const Trace& trace,
                      const Tick& tick) {
  clip::ClipFeatures clip = model.clip->image_tower->forward(pixels, trace, tick);
  FoundMasks found;
  found.dense = clip.dense;
  const head::PixelFeatures features = model.head.pixel_decoder.forward(
      {std::move(clip.res2), std::move(clip.res3), std::move(clip.res4), std::move(clip.res5)},
      trace);
  if (tick) tick();
  found.predictions = predict(model.head.mask_decoder, features, trace);
  return found;
}

PooledEmbeddings pool_in_masks(const model::Model& model, const at::Tensor& dense,
                               const at::Tensor& mask_logits, const Trace& trace) {
  // Mask logits at the resolution of CLIP's last map: what both towers pool with.
  const at::Tensor pooling = ops::resize_planes(mask_logits, {dense.size(1), dense.size(2)});
  if (trace) trace("classify.mask_for_pooling", pooling);
  const bool adapts = model.naming.adapter().has_value();  // its own embeddings are traced then
  return {model.clip->image_tower->embed_masks(dense, pooling, adapts ? Trace() : trace),
          (pooling > 0).flatten(2).any(2)};
}

std::vector<at::Tensor> tensors_of(const NetworkResult& result) {
  return {result.mask_logits, result.class_embed, result.clip_embed, result.valid, result.dense};
}

NetworkResult network_result(const std::vector<at::Tensor>& tensors) {
  return {tensors.at(0), tensors.at(1), tensors.at(2), tensors.at(3), tensors.at(4)};
}

NetworkResult run_network(const model::Model& model, const at::Tensor& pixels) {
  const FoundMasks found = find_masks(model, pixels);
  const head::MaskPredictions& masks = found.predictions.back();
  const PooledEmbeddings pooled = pool_in_masks(model, found.dense, masks.mask_logits);
  return {masks.mask_logits, masks.class_embed, pooled.clip_embed, pooled.valid,
          model.naming.is_plain() ? at::Tensor() : found.dense};
}

}  // namespace fcclip::segmenter
