#include "fcclip/train/batch.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "fcclip/core/round_up.h"

namespace fcclip::train {

Targets targets_of(const data::Sample& sample, bool drop_empty) {
  std::vector<int64_t> labels;
  std::vector<at::Tensor> masks;
  for (const data::TruthSegment& segment : sample.segments) {
    if (segment.is_crowd) continue;
    const auto covered = sample.covered.find(segment.id);
    at::Tensor mask = covered == sample.covered.end()
                          ? sample.ids == segment.id
                          : results::to_mask(covered->second).to(at::kBool);
    if (drop_empty && !mask.any().item<bool>()) continue;
    labels.push_back(segment.class_index);
    masks.push_back(std::move(mask));
  }
  const at::Tensor none = at::zeros({0, sample.ids.size(0), sample.ids.size(1)}, at::kBool);
  return {at::tensor(labels, at::kLong), masks.empty() ? none : at::stack(masks)};
}

namespace {

// A map at the left and top of a larger one of zeros.
at::Tensor enlarged(const at::Tensor& map, const std::vector<int64_t>& shape) {
  if (map.sizes() == shape) return map;
  at::Tensor out = at::zeros(shape, map.options());
  at::Tensor corner = out;
  for (int64_t axis = 0; axis < map.dim(); ++axis) {
    corner = corner.narrow(axis, 0, map.size(axis));
  }
  corner.copy_(map);
  return out;
}

}  // namespace

Batch make_batch(const std::vector<data::Sample>& samples, bool drop_empty, int64_t divisor) {
  Batch batch;
  int64_t height = 1, width = 1;
  for (const data::Sample& sample : samples) {
    batch.sizes.push_back({sample.rgb.size(0), sample.rgb.size(1)});
    height = std::max(height, sample.rgb.size(0));
    width = std::max(width, sample.rgb.size(1));
  }
  height = round_up(height, divisor);
  width = round_up(width, divisor);
  std::vector<at::Tensor> pictures;
  for (const data::Sample& sample : samples) {
    pictures.push_back(enlarged(sample.rgb, {height, width, 3}));
    Targets targets = targets_of(sample, drop_empty);
    targets.masks = enlarged(targets.masks, {targets.masks.size(0), height, width});
    batch.targets.push_back(std::move(targets));
  }
  batch.rgb = at::stack(pictures);
  return batch;
}

void clear_padding(const Batch& batch, at::Tensor& pixels) {
  for (int64_t i = 0; i < std::ssize(batch.sizes); ++i) {
    const auto& [height, width] = batch.sizes[i];
    at::Tensor one = pixels.select(0, i);
    if (height < one.size(0)) one.narrow(0, height, one.size(0) - height).zero_();
    if (width < one.size(1)) one.narrow(1, width, one.size(1) - width).zero_();
  }
}

}  // namespace fcclip::train
