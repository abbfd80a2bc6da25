// deform_attention as one node of the autograd graph: the only source here that sees autograd.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "fcclip/core/check.h"
#include "fcclip/ops/deform_attention.h"
#include "fcclip/ops/deform_levels.h"
#include "fcclip/ops/dispatch.h"

namespace fcclip::ops {
namespace {

struct DeformNode : torch::autograd::Function<DeformNode> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& value,
                            const at::Tensor& locations, const at::Tensor& weights,
                            std::vector<Size> sizes) {
    context->save_for_backward({value, locations, weights});
    std::vector<int64_t> flat;
    for (const Size& size : sizes) flat.insert(flat.end(), {size.height, size.width});
    context->saved_data["sizes"] = flat;
    return own(&Implementation::deform_attention, value)({value, locations, weights, sizes});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const std::vector<int64_t> flat = context->saved_data["sizes"].toIntVector();
    std::vector<Size> sizes;
    for (size_t i = 0; i < flat.size(); i += 2) sizes.push_back({flat[i], flat[i + 1]});
    const at::Tensor grad = grads[0].to(saved[0].scalar_type()).contiguous();
    const DeformGradients g = own(&Implementation::deform_attention_backward, saved[0])(
        {saved[0], saved[1], saved[2], sizes}, grad);
    return {g.value, g.locations, g.weights, at::Tensor()};
  }
};

// The gradients' sums want float32, and only a GPU gains by fewer bytes.
bool runs_narrow(const at::Tensor& value) {
  return value.is_cuda() && !at::GradMode::is_enabled();
}

}  // namespace

at::Tensor deform_attention(const at::Tensor& value, at::ArrayRef<Size> levels,
                            const at::Tensor& locations, const at::Tensor& weights) {
  const int64_t count = static_cast<int64_t>(levels.size());
  check_shape("deformable attention: value", value, {kAny, deform_positions(levels), kAny, kAny});
  check_shape("deformable attention: weights", weights,
              {value.size(0), kAny, value.size(2), count, kAny});
  check_shape("deformable attention: locations", locations,
              {value.size(0), weights.size(1), value.size(2), count, weights.size(4), 2});
  const bool narrow = value.scalar_type() == at::kHalf || value.scalar_type() == at::kBFloat16;
  const at::ScalarType real = narrow ? at::kFloat : value.scalar_type();
  if (real != at::kFloat) check_dtype("deformable attention: value", value, at::kDouble);
  check_dtype("deformable attention: locations", locations, real);
  check_dtype("deformable attention: weights", weights, real);
  deform_levels(levels);  // not too many
  if (narrow && !runs_narrow(value)) {
    return deform_attention(value.to(real), levels, locations, weights).to(value.scalar_type());
  }
  const auto run = own(&Implementation::deform_attention, value);
  if (run == nullptr) return deform_attention_plain(value, levels, locations, weights);
  const at::Tensor v = value.contiguous(), l = locations.contiguous(), w = weights.contiguous();
  if (!at::GradMode::is_enabled()) return run({v, l, w, levels});
  return DeformNode::apply(v, l, w, levels.vec());
}

}  // namespace fcclip::ops
