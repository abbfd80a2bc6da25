#include "fcclip/train/forward.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/classify/ensemble.h"

namespace fcclip::train {

namespace {

clip::ClipFeatures clip_features(const model::Model& model, const at::Tensor& pixels, Trunk trunk) {
  if (trunk == Trunk::frozen) {
    const c10::NoGradGuard frozen;
    return model.clip->image_tower->forward(pixels);
  }
  return model.clip->image_tower->forward_plain(pixels);
}

}  // namespace

std::vector<Prediction> forward(const model::Model& model, const at::Tensor& pixels,
                                const classify::TextClassifier& words, Trunk trunk) {
  const clip::ClipFeatures clip = clip_features(model, pixels, trunk);
  const head::PixelFeatures features =
      model.head.pixel_decoder.forward({clip.res2, clip.res3, clip.res4, clip.res5});
  std::vector<Prediction> predictions;
  for (const head::MaskPredictions& masks : model.head.mask_decoder.forward_all(features)) {
    predictions.push_back(
        {classify::class_logits(masks.class_embed, words, model.head.void_embedding,
                                model.head.mask_decoder.logit_scale()),
         masks.mask_logits});
  }
  return predictions;
}

}  // namespace fcclip::train
