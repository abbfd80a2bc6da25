#include "fcclip/train/batch.h"

#include <ATen/ATen.h>

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

Batch make_batch(const std::vector<data::Sample>& samples, bool drop_empty) {
  Batch batch;
  std::vector<at::Tensor> pictures;
  for (const data::Sample& sample : samples) {
    pictures.push_back(sample.rgb);
    batch.targets.push_back(targets_of(sample, drop_empty));
  }
  batch.rgb = at::stack(pictures);
  return batch;
}

}  // namespace fcclip::train
