#include "fcclip/segmenter/mask_overlaps.h"

#include <ATen/ATen.h>

namespace fcclip::segmenter {

at::Tensor mask_overlaps(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor first = a.flatten(1).to(at::kFloat), second = b.flatten(1).to(at::kFloat);
  const at::Tensor common = first.matmul(second.t());
  const at::Tensor united = first.sum(1, true) + second.sum(1).unsqueeze(0) - common;
  return common / united.clamp_min(1);
}

}  // namespace fcclip::segmenter
