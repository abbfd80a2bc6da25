#include "fcclip/ops/cpu/ops.h"

namespace fcclip::ops::cpu {

Implementation implementation(Isa isa) {
  Implementation ops;
  ops.name = name(isa);
  ops.device = c10::DeviceType::CPU;
  ops.isa = isa;
  ops.deform_attention = deform_attention;
  ops.deform_attention_backward = deform_attention_backward;
  ops.depthwise7_backward = depthwise7_backward;
  ops.resize_bilinear_u8 = resize_bilinear_u8;
  ops.normalise_and_pad = normalise_and_pad;
  ops.masked_attention = masked_attention;
  ops.prefix_attention = prefix_attention;
  ops.mask_pool = mask_pool;
  ops.predict_and_pool_masks = predict_and_pool_masks;
  ops.group_norm = group_norm;
  ops.best_of_groups = best_of_groups;
  ops.all_finite = all_finite;
  ops.uniform_points = uniform_points;
  ops.smallest_points = smallest_points;
  ops.pack_conv3x3 = pack_conv3x3;
  ops.pack_patch_conv = pack_patch_conv;
  ops.pack_convnext_block = pack_convnext_block;
  ops.pack_deform_encoder = pack_deform_encoder;
  ops.mask_winners = mask_winners;
  ops.best_classes = best_classes;
  ops.mask_runs = mask_runs;
  ops.read_masks = read_masks;
  return ops;
}

}  // namespace fcclip::ops::cpu
