#include "fcclip/train/targets.h"

#include <ATen/ATen.h>

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
  joined.labels = at::cat(labels).to(device);
  joined.masks = at::cat(masks).to(device).to(at::kFloat);
  joined.picture = at::tensor(picture, at::kLong).to(device);
  return joined;
}

}  // namespace fcclip::train
