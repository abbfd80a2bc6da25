#include "fcclip/nn/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "fcclip/core/tensor_memory.h"
#include "fcclip/nn/layers.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"
#include "tests/support/gradient.h"

namespace fcclip::nn {
namespace checkpoint_test {

at::Tensor drawn(at::IntArrayRef shape, uint64_t seed, at::ScalarType dtype = at::kFloat) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), dtype);
}

// Residual layers of which all share a matrix and have one of their own.
struct Net {
  explicit Net(int64_t width, size_t layers, at::ScalarType dtype = at::kFloat) {
    shared = drawn({width, width}, 1, dtype).div_(width).requires_grad_();
    for (size_t i = 0; i < layers; ++i)
      own.push_back(drawn({width, width}, 10 + i, dtype).div_(width).requires_grad_());
  }
  at::Tensor layer(size_t i, const at::Tensor& x) const {
    return x + at::linear(at::gelu(at::linear(x, own[i])), shared).sigmoid();
  }
  at::Tensor run(Activations activations, at::Tensor x) const {
    for (size_t i = 0; i < own.size(); ++i) {
      x = run_part(activations, {x},
                   [this, i](const Tensors& in) -> Tensors { return {layer(i, in[0])}; })[0];
    }
    return x;
  }
  Tensors weights() const {
    Tensors all = own;
    all.push_back(shared);
    return all;
  }
  at::Tensor shared;
  Tensors own;
};

// The output, then the gradients of its weighted sum to x and all weights.
Tensors passes(const Net& net, Activations activations, const at::Tensor& start) {
  const at::Tensor x = start.detach().clone().requires_grad_();
  const at::Tensor out = net.run(activations, x);
  Tensors wanted = net.weights(), found = {out.detach()};
  wanted.push_back(x);
  const at::Tensor loss = (out * drawn(out.sizes(), 5, out.scalar_type())).sum();
  for (const at::Tensor& gradient : torch::autograd::grad({loss}, wanted))
    found.push_back(gradient);
  return found;
}

TEST(RunPart, RecomputedGivesTheSameOutputAndGradients) {
  const Net net(12, 4);
  const at::Tensor x = drawn({7, 12}, 3);
  const Tensors want = passes(net, Activations::kept, x),
                got = passes(net, Activations::recomputed, x);
  ASSERT_EQ(got.size(), want.size());
  EXPECT_TRUE(got[0].equal(want[0]));
  for (size_t i = 1; i < want.size(); ++i) EXPECT_TRUE(test::near(got[i], want[i], 1e-6)) << i;
}

TEST(RunPart, GradientsAreThoseOfFiniteDifferences) {
  const Net net(3, 2, at::kDouble);
  const at::Tensor x = drawn({2, 3}, 3, at::kDouble), of = drawn({2, 3}, 5, at::kDouble);
  Tensors inputs = net.weights();
  inputs.push_back(x);
  test::expect_gradient([&] { return (net.run(Activations::recomputed, x) * of).sum(); }, inputs);
}

TEST(RunPart, PartsMayHoldParts) {
  const Net net(5, 3, at::kDouble);
  const at::Tensor x = drawn({4, 5}, 3, at::kDouble);
  const Tensors want = passes(net, Activations::kept, x);
  const at::Tensor in = x.clone().requires_grad_();
  const auto all = [&](const Tensors& inputs) -> Tensors {
    return {net.run(Activations::recomputed, inputs[0])};
  };
  const at::Tensor out = run_part(Activations::recomputed, {in}, all)[0];
  EXPECT_TRUE(out.equal(want[0]));
  (out * drawn(out.sizes(), 5, at::kDouble)).sum().backward();
  const Tensors weights = net.weights();
  for (size_t i = 0; i < weights.size(); ++i)
    EXPECT_TRUE(test::near(weights[i].grad(), want[i + 1], 1e-12)) << i;
  EXPECT_TRUE(test::near(in.grad(), want.back(), 1e-12));
}

TEST(RunPart, OfSeveralInputsAndOutputsEachMayBeWithoutGradient) {
  const at::Tensor a = drawn({3}, 1).requires_grad_(), b = drawn({3}, 2),
                   weight = drawn({3}, 4).requires_grad_();
  const at::Tensor mask = at::tensor({1, 0, 1}).to(at::kBool);
  const Tensors out =
      run_part(Activations::recomputed, {a, b, mask}, [&](const Tensors& in) -> Tensors {
        return {in[0] * in[1] * weight, in[1] > 0, in[0].exp(), in[2].logical_not(), in[0]};
      });
  EXPECT_TRUE(out[0].requires_grad());
  EXPECT_FALSE(out[1].requires_grad() || out[3].requires_grad());
  EXPECT_TRUE(out[4].equal(a));
  // The second's gradient is never asked for.
  (out[0].sum() + 2 * out[4].sum()).backward();
  EXPECT_TRUE(test::near(a.grad(), b * weight.detach() + 2, 1e-6));
  EXPECT_TRUE(test::near(weight.grad(), a.detach() * b, 1e-6));
  EXPECT_FALSE(b.grad().defined());
}

// What c10d's Reducer hangs behind a weight's accumulated gradient.
struct CountingHook : torch::autograd::FunctionPostHook {
  explicit CountingHook(int& calls) : calls(calls) {}
  Tensors operator()(const Tensors& outputs, const Tensors&) override {
    ++calls;
    return outputs;
  }
  int& calls;
};

TEST(RunPart, AWeightsGradientIsAccumulatedOnce) {
  const Net net(6, 5);
  int calls = 0;
  const auto accumulator = torch::autograd::impl::grad_accumulator(net.shared);
  accumulator->add_post_hook(std::make_unique<CountingHook>(calls));
  net.run(Activations::recomputed, drawn({4, 6}, 3)).sum().backward();
  EXPECT_EQ(calls, 1);
}

// Autocast as the trainer's region sets it, for as long as this lives.
struct Narrow {
  Narrow() {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::increment_nesting();
  }
  ~Narrow() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
  }
};

TEST(RunPart, AutocastIsTheSameInTheBackwardPass) {
  Tensors outputs, gradients;
  for (const Activations activations : {Activations::kept, Activations::recomputed}) {
    const Net net(8, 3);
    at::Tensor out;
    {
      const Narrow narrow;
      out = net.run(activations, drawn({5, 8}, 3));
    }
    out.sum().backward();
    EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
    EXPECT_TRUE(at::autocast::is_autocast_cache_enabled());
    outputs.push_back(out.detach());
    gradients.push_back(net.own[1].grad());
  }
  EXPECT_TRUE(outputs[0].equal(outputs[1]));
  EXPECT_TRUE(gradients[0].equal(gradients[1]));
  const Net net(8, 3);
  EXPECT_FALSE(net.run(Activations::kept, drawn({5, 8}, 3)).equal(outputs[0]));  // it was narrow
}

// What a pass holds when its backward pass begins, and at most.
struct Held {
  int64_t saved = 0, peak = 0;
};

Held held(const Net& net, Activations activations, const at::Tensor& x) {
  const TensorMemory memory(at::kCPU);
  const at::Tensor out = net.run(activations, x);
  const int64_t saved = memory.now();
  out.backward(at::ones_like(out));
  return {saved, memory.peak()};
}

TEST(RunPart, KeepsInputsAlone) {
  constexpr int64_t kWidth = 16, kRows = 1000, kMap = kRows * kWidth * 4;
  constexpr size_t kLayers = 8;
  const Net net(kWidth, kLayers);
  const at::Tensor x = drawn({kRows, kWidth}, 3);
  const Held kept = held(net, Activations::kept, x),
             recomputed = held(net, Activations::recomputed, x);
  // Of each layer its output, which is the next one's input.
  EXPECT_EQ(recomputed.saved, static_cast<int64_t>(kLayers) * kMap);
  // And what gelu, the second product and sigmoid need.
  EXPECT_EQ(kept.saved, static_cast<int64_t>(kLayers) * 4 * kMap);
  // All inputs, and one layer's activations and gradients.
  EXPECT_LT(recomputed.peak, static_cast<int64_t>(kLayers + 8) * kMap);
  EXPECT_GT(kept.peak, kept.saved);
}

TEST(RunPart, WithoutGradientsThePartIsCalledOnce) {
  const Net net(4, 1);
  const at::NoGradGuard no_grad;
  int calls = 0;
  const Tensors out =
      run_part(Activations::recomputed, {drawn({2, 4}, 3)}, [&](const Tensors& in) -> Tensors {
        ++calls;
        return {net.layer(0, in[0])};
      });
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(out[0].requires_grad());
}

TEST(RunPart, ATensorWithGradientsThatIsNoInputIsRefused) {
  const at::Tensor weight = drawn({3}, 1).requires_grad_();
  const at::Tensor hidden = weight * 2;
  EXPECT_ERROR(internal, "that is not among its inputs",
               run_part(Activations::recomputed, {drawn({3}, 2)},
                        [&](const Tensors& in) -> Tensors { return {in[0] * hidden}; }));
}

TEST(RunPart, NoGradientOfAGradient) {
  const Net net(4, 1);
  const at::Tensor loss = net.run(Activations::recomputed, drawn({2, 4}, 3)).sum();
  EXPECT_ERROR(unsupported, "no gradient of its gradient",
               torch::autograd::grad({loss}, {net.shared}, {}, true, /*create_graph=*/true));
}

TEST(RunPart, AWeightThatChangedInBetweenIsNoticed) {
  const Net net(4, 1);
  const at::Tensor loss = net.run(Activations::recomputed, drawn({2, 4}, 3)).sum();
  {
    const at::NoGradGuard no_grad;
    net.shared.mul_(2);
  }
  EXPECT_THROW(loss.backward(), c10::Error);
}

}  // namespace checkpoint_test
}  // namespace fcclip::nn
