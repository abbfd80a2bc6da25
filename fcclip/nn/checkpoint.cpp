#include "fcclip/nn/checkpoint.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/SequenceNumber.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include "fcclip/core/error.h"

namespace fcclip::nn {
namespace {

namespace autograd = torch::autograd;

// Autocast as a part was first called with it. Its cache of narrow weights is left out: it outlives
// the part, and what one pass finds in it the other would not.
class Autocast {
 public:
  explicit Autocast(at::Device device)
      : device_(device),
        is_on_(at::autocast::is_autocast_enabled(device.type())),
        dtype_(at::autocast::get_autocast_dtype(device.type())) {}

  Tensors run(const Part& part, const Tensors& inputs) const {
    const Autocast before(device_);
    const bool cached = at::autocast::is_autocast_cache_enabled();
    struct Restore {
      const Autocast& state;
      bool cached;
      ~Restore() { state.set(cached); }
    } restore{before, cached};
    set(false);
    return part(inputs);
  }

 private:
  void set(bool cached) const {
    at::autocast::set_autocast_enabled(device_.type(), is_on_);
    at::autocast::set_autocast_dtype(device_.type(), dtype_);
    at::autocast::set_autocast_cache_enabled(cached);
  }

  at::Device device_;
  bool is_on_;
  at::ScalarType dtype_;
};

// What the backward pass needs beside tensors.
struct Again final : torch::CustomClassHolder {
  Again(Part part, Autocast autocast, size_t inputs)
      : part(std::move(part)), autocast(autocast), inputs(inputs) {}
  Part part;
  Autocast autocast;
  size_t inputs;
};

// The same data outside of the graph.
Tensors cut_off(const Tensors& tensors) {
  Tensors leaves;
  for (const at::Tensor& tensor : tensors) {
    leaves.push_back(tensor.detach().requires_grad_(tensor.requires_grad()));
  }
  return leaves;
}

// Leaves behind the outputs that are none of the inputs. first: the number of the part's first node.
Tensors weights_of(const Tensors& outputs, const Tensors& inputs, uint64_t first) {
  std::unordered_set<autograd::Node*> seen;
  std::vector<autograd::Node*> open;
  const auto visit = [&](autograd::Node* node) {
    if (node != nullptr && seen.insert(node).second) open.push_back(node);
  };
  for (const at::Tensor& output : outputs) {
    if (output.requires_grad()) visit(autograd::impl::gradient_edge(output).function.get());
  }
  Tensors weights;
  while (!open.empty()) {
    autograd::Node* node = open.back();
    open.pop_back();
    if (const auto* leaf = dynamic_cast<autograd::AccumulateGrad*>(node)) {
      const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const at::Tensor& input) {
        return input.is_same(leaf->variable);
      });
      if (!is_input) weights.push_back(leaf->variable);
      continue;
    }
    if (node->sequence_nr() < first) {
      fail(ErrorCode::internal, "a part that is computed again uses a tensor with gradients (",
           node->name(), ") that is not among its inputs");
    }
    for (const autograd::Edge& edge : node->next_edges()) visit(edge.function.get());
  }
  return weights;
}

// Gradients of `wanted` as far as they want one; undefined for the others.
Tensors gradients_of(const Tensors& outputs, const Tensors& gradients, const Tensors& wanted) {
  Tensors roots, seeds, asked;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].requires_grad() || !gradients[i].defined()) continue;
    roots.push_back(outputs[i]);
    seeds.push_back(gradients[i]);
  }
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(asked),
               [](const at::Tensor& tensor) { return tensor.requires_grad(); });
  Tensors found(wanted.size());
  if (roots.empty()) return found;
  const Tensors answers = autograd::grad(roots, asked, seeds, /*retain_graph=*/false,
                                         /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0, next = 0; i < wanted.size(); ++i) {
    if (wanted[i].requires_grad()) found[i] = answers[next++];
  }
  return found;
}

struct PartNode : autograd::Function<PartNode> {
  // The outputs are there already: calling the part was how its weights became known.
  static Tensors forward(autograd::AutogradContext* context, at::TensorList inputs_and_weights,
                         const c10::intrusive_ptr<Again>& again, const Tensors* outputs) {
    context->save_for_backward(inputs_and_weights.vec());
    context->saved_data["again"] = c10::IValue::make_capsule(again);
    context->set_materialize_grads(false);
    Tensors results, constant;
    for (const at::Tensor& output : *outputs) {
      results.push_back(output.detach());
      if (!output.requires_grad()) constant.push_back(results.back());
    }
    context->mark_non_differentiable(constant);
    return results;
  }

  static Tensors backward(autograd::AutogradContext* context, Tensors gradients) {
    if (c10::GradMode::is_enabled()) {
      fail(ErrorCode::unsupported,
           "a part that is computed again has no gradient of its gradient; keep its activations");
    }
    const Tensors saved = context->get_saved_variables();
    const c10::intrusive_ptr<torch::CustomClassHolder> held =
        context->saved_data.at("again").toCapsule();
    const auto& again = static_cast<const Again&>(*held);
    const auto end = saved.begin() + static_cast<std::ptrdiff_t>(again.inputs);
    Tensors wanted = cut_off({saved.begin(), end}), outputs;
    {
      const at::AutoGradMode record(true);
      outputs = again.autocast.run(again.part, wanted);
    }
    wanted.insert(wanted.end(), end, saved.end());
    Tensors found = gradients_of(outputs, gradients, wanted);
    found.resize(found.size() + 2);  // forward's other arguments
    return found;
  }
};

}  // namespace

Tensors run_part(Activations activations, const Tensors& inputs, const Part& part) {
  if (activations == Activations::kept || !c10::GradMode::is_enabled()) return part(inputs);
  const Autocast autocast(inputs.front().device());
  const uint64_t first = at::sequence_number::peek();
  const Tensors leaves = cut_off(inputs);
  const Tensors outputs = autocast.run(part, leaves);
  Tensors all = inputs;
  for (at::Tensor& weight : weights_of(outputs, leaves, first)) all.push_back(std::move(weight));
  return PartNode::apply(at::TensorList(all),
                         c10::make_intrusive<Again>(part, autocast, inputs.size()), &outputs);
}

}  // namespace fcclip::nn
