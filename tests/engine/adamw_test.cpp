#include "fcclip/engine/adamw.h"

#include <ATen/ATen.h>
#include <torch/optim/adamw.h>

#include "fcclip/core/error.h"
#include "fcclip/engine/optimizer.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::engine {
namespace adamw_test {

// A matrix with weight decay, a norm without, and one that never gets a gradient.
struct Weights {
  Weights() {
    at::manual_seed(11);
    table.add("matrix", matrix, {5, 3});
    table.add("norm", norm, {7}, nn::WeightRole::norm);
    table.add("idle", idle, {2, 2});
    for (const nn::Weight& row : table.rows()) {
      *row.member = at::randn(row.shape).requires_grad_();
      all.push_back(&row);
    }
  }
  void draw_gradients() {
    matrix.mutable_grad() = at::randn({5, 3});
    norm.mutable_grad() = at::randn({7});
  }

  at::Tensor matrix, norm, idle;
  nn::WeightTable table;
  std::vector<const nn::Weight*> all;
};

TEST(AdamW, MovesTheWeightsAsLibTorchsOwn) {
  Weights weights;
  at::Tensor matrix = weights.matrix.detach().clone().requires_grad_();
  at::Tensor norm = weights.norm.detach().clone().requires_grad_();
  const at::Tensor idle = weights.idle.detach().clone();
  const auto group = [](const at::Tensor& weight, double decay) {
    auto options = std::make_unique<torch::optim::AdamWOptions>(1e-2);
    options->betas({0.9, 0.98}).eps(1e-7).weight_decay(decay);
    return torch::optim::OptimizerParamGroup({weight}, std::move(options));
  };
  torch::optim::AdamW expected(
      std::vector<torch::optim::OptimizerParamGroup>{group(matrix, 0.2), group(norm, 0)});
  AdamW adam(weights.all, {0.9, 0.98, 1e-7, 0.2});
  for (int step = 0; step < 5; ++step) {
    weights.draw_gradients();
    matrix.mutable_grad() = weights.matrix.grad().clone();
    norm.mutable_grad() = weights.norm.grad().clone();
    expected.step();
    adam.step(1e-2);
    EXPECT_TRUE(test::near(weights.matrix.detach(), matrix.detach(), 1e-6)) << step;
    EXPECT_TRUE(test::near(weights.norm.detach(), norm.detach(), 1e-6)) << step;
  }
  EXPECT_TRUE(weights.idle.equal(idle));
}

TEST(AdamW, GoesOnFromWhatItSaved) {
  Weights weights;
  AdamW adam(weights.all, {});
  for (int step = 0; step < 3; ++step) {
    weights.draw_gradients();
    adam.step(1e-2);
  }
  std::map<std::string, at::Tensor> saved;
  adam.save(saved);
  EXPECT_EQ(saved.at("matrix.steps").item<int64_t>(), 3);
  EXPECT_FALSE(saved.contains("idle.steps"));
  for (auto& [name, tensor] : saved) tensor = tensor.clone();
  const at::Tensor before = weights.matrix.detach().clone();
  weights.draw_gradients();
  adam.step(1e-2);
  const at::Tensor expected = weights.matrix.detach().clone();
  weights.matrix.data().copy_(before);
  AdamW again(weights.all, {});
  again.load(saved);
  again.step(1e-2);
  EXPECT_TRUE(weights.matrix.detach().equal(expected));
  saved["matrix.exp_avg"] = at::zeros({3, 5});
  EXPECT_ERROR(shape_mismatch, "the checkpoint's matrix.exp_avg is [3, 5]", again.load(saved));
}

TEST(Optimizer, ClipsAllGradientsTogether) {
  Weights weights;
  OptimizerOptions options;
  options.clip_norm = 0.5;
  Optimizer optimizer(weights.all, options);
  weights.draw_gradients();
  const double norm =
      at::cat({weights.matrix.grad().flatten(), weights.norm.grad()}).norm().item<double>();
  EXPECT_NEAR(optimizer.step(), norm, 1e-5);
  const double after =
      at::cat({weights.matrix.grad().flatten(), weights.norm.grad()}).norm().item<double>();
  EXPECT_NEAR(after, 0.5, 1e-5);
  weights.norm.mutable_grad().fill_(INFINITY);
  const at::Tensor before = weights.matrix.detach().clone();
  EXPECT_ERROR(diverged, "gradient_norm is not finite (inf)", optimizer.step());
  EXPECT_TRUE(weights.matrix.detach().equal(before));
}

}  // namespace adamw_test
}  // namespace fcclip::engine
