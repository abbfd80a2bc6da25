#include "fcclip/train/forward.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/classify/ensemble.h"
#include "fcclip/clip/visual_head.h"
#include "fcclip/ops/mask_pool.h"
#include "fcclip/ops/resize.h"

namespace fcclip::train {

namespace {

clip::ClipFeatures clip_features(const model::Model& model, const at::Tensor& pixels,
                                 const ForwardOptions& options) {
  if (options.trunk == Trunk::frozen) {
    const c10::NoGradGuard frozen;
    return options.frozen_trunk ? options.frozen_trunk(pixels)
                                : model.clip->image_tower->forward(pixels);
  }
  return model.clip->image_tower->forward_plain(pixels, {}, {options.drop, options.activations});
}

// CLIP's own answer for every mask. The masks are decided: gradients are the features' alone.
at::Tensor out_probs(const model::Model& model, const at::Tensor& dense,
                     const at::Tensor& mask_logits, const classify::TextClassifier& words) {
  const at::Tensor masks =
      ops::resize_planes(mask_logits.detach().to(at::kFloat), {dense.size(1), dense.size(2)});
  const at::Tensor embeddings =
      model.clip->image_tower->visual_head()(ops::mask_pool(dense.to(at::kFloat), masks));
  const at::Tensor logits = classify::class_logits(
      embeddings, words, model.head.void_embedding.detach(), model.clip->text_tower.scale());
  return at::softmax(logits.narrow(-1, 0, logits.size(-1) - 1), -1);
}

}  // namespace

std::vector<Prediction> forward(const model::Model& model, const at::Tensor& pixels,
                                const classify::TextClassifier& words,
                                const ForwardOptions& options) {
  const clip::ClipFeatures clip = clip_features(model, pixels, options);
  const head::PixelFeatures features = model.head.pixel_decoder.forward(
      {clip.res2, clip.res3, clip.res4, clip.res5}, {}, options.activations);
  std::vector<Prediction> predictions;
  for (const head::MaskPredictions& masks :
       model.head.mask_decoder.forward_all(features, {}, options.activations)) {
    predictions.push_back(
        {classify::class_logits(masks.class_embed, words, model.head.void_embedding,
                                model.head.mask_decoder.logit_scale()),
         masks.mask_logits});
  }
  if (options.out_probs) {
    predictions.back().out_probs =
        out_probs(model, clip.dense, predictions.back().mask_logits, words);
  }
  return predictions;
}

}  // namespace fcclip::train
