#include "fcclip/train/graphed_trunk.h"

#include <utility>

#include "fcclip/ops/graphed_work.h"

namespace fcclip::train {

FrozenTrunk graphed_trunk(std::shared_ptr<const model::Model> model, at::Device device,
                          const ops::RecordGraph& record, const LogCallback& log) {
  if (!record) return {};
  const auto trunk = [model = std::move(model)](const at::Tensor& pixels) {
    return model->clip->image_tower->forward(pixels);
  };
  const auto graphs = std::make_shared<ops::GraphedWork>(
      [trunk](const at::Tensor& pixels) -> std::vector<at::Tensor> {
        const clip::ClipFeatures found = trunk(pixels);
        return {found.res2, found.res3, found.res4, found.res5, found.dense};
      },
      device, record, log);
  return [trunk, graphs](const at::Tensor& pixels) -> clip::ClipFeatures {
    const std::optional<std::vector<at::Tensor>> found = graphs->run(pixels);
    if (!found) return trunk(pixels);
    return {found->at(0), found->at(1), found->at(2), found->at(3), found->at(4)};
  };
}

}  // namespace fcclip::train
