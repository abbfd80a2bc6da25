#include "fcclip/train/forward.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "fcclip/classify/ensemble.h"

namespace fcclip::train {

std::vector<Prediction> forward(const Model& model, const at::Tensor& pixels,
                                const classify::TextClassifier& words) {
  clip::ClipFeatures clip;
  {
    const c10::NoGradGuard frozen;
    clip = model.image_tower->forward(pixels);
  }
  const head::PixelFeatures features =
      model.pixel_decoder.forward({clip.res2, clip.res3, clip.res4, clip.res5});
  std::vector<Prediction> predictions;
  for (const head::MaskPredictions& masks : model.mask_decoder.forward_all(features)) {
    predictions.push_back({classify::class_logits(masks.class_embed, words, model.void_embedding,
                                                  model.mask_decoder.logit_scale()),
                           masks.mask_logits});
  }
  return predictions;
}

}  // namespace fcclip::train
