#include "fcclip/segmenter/join_flip.h"

#include <tuple>

#include <ATen/ATen.h>

#include "fcclip/nn/unit.h"
#include "fcclip/segmenter/mask_overlaps.h"

namespace fcclip::segmenter {
namespace {

constexpr double kSameObject = 0.5;  // IoU
constexpr double kStride = 4;        // of the masks' grid

}  // namespace

at::Tensor turned_back(const at::Tensor& mask_logits, int64_t resized_width) {
  const int64_t columns = mask_logits.size(2);
  // Centre of column i, 4·i + 2, is at resized_width − (4·i + 2) in the mirror image.
  const at::Tensor place = (static_cast<double>(resized_width) / kStride - 1 -
                            at::arange(columns, mask_logits.options().dtype(at::kFloat)))
                               .clamp(0, static_cast<double>(columns - 1));
  const at::Tensor left = place.floor();
  const at::Tensor near = left.to(at::kLong), next = (near + 1).clamp_max(columns - 1);
  return at::lerp(mask_logits.index_select(2, near), mask_logits.index_select(2, next),
                  place - left);
}

EncodedImage join_flip(const EncodedImage& image, const EncodedImage& mirror) {
  const at::Tensor masks = turned_back(mirror.mask_logits, image.resized.width);
  const at::Tensor overlaps = mask_overlaps(image.mask_logits.gt(0), masks.gt(0));
  const auto best = overlaps.max(1);
  const at::Tensor overlap = std::get<0>(best), partner = std::get<1>(best);
  const at::Tensor back = overlaps.argmax(0).index_select(0, partner);
  const at::Tensor own = at::arange(partner.size(0), partner.options());
  const at::Tensor joined = back.eq(own).logical_and(overlap.ge(kSameObject));
  const auto mean = [&](const at::Tensor& one, const at::Tensor& other) {
    const at::Tensor where = one.dim() == 3 ? joined.view({-1, 1, 1}) : joined.view({-1, 1});
    return at::where(where, (one + other.index_select(0, partner)) / 2, one);
  };
  EncodedImage both = image;
  both.mask_logits = mean(image.mask_logits, masks);
  both.class_embed = mean(nn::unit(image.class_embed), nn::unit(mirror.class_embed));
  both.clip_embed = mean(nn::unit(image.clip_embed), nn::unit(mirror.clip_embed));
  both.valid = image.valid.logical_or(joined.logical_and(mirror.valid.index_select(0, partner)));
  return both;
}

}  // namespace fcclip::segmenter
