#include "fcclip/train/targets.h"

#include <ATen/ATen.h>

#include "fcclip/ops/host.h"

namespace fcclip::train {

TargetBatch join(const std::vector<Targets>& targets, at::Device device) {
  std::vector<at::Tensor> labels, masks;
  std::vector<int64_t> picture;
  TargetBatch joined;
  joined.first = {0};
  for (size_t b = 0; b < targets.size(); ++b) {
    labels.push_back(targets[b].labels);
    masks.push_back(targets[b].masks);
    picture.insert(picture.end(), targets[b].labels.size(0), static_cast<int64_t>(b));
    joined.first.push_back(std::ssize(picture));
  }
  joined.labels = ops::on_device(at::cat(labels), device);
  joined.masks = ops::on_device(at::cat(masks), device).to(at::kFloat);
  joined.picture = ops::on_device(at::tensor(picture, at::kLong), device);
  return joined;
}

}  // namespace fcclip::train
