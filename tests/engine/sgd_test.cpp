#include "fcclip/engine/sgd.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/sgd.h>

#include "fcclip/engine/optimizer.h"
#include "tests/support/errors.h"
#include "tests/support/goldens.h"

namespace fcclip::engine {
namespace sgd_test {

// A matrix with weight decay, a norm without.
struct Weights {
  Weights() {
    at::manual_seed(5);
    table.add("matrix", matrix, {5, 3});
    table.add("norm", norm, {7}, nn::WeightRole::norm);
    for (const nn::Weight& row : table.rows()) *row.member = at::randn(row.shape);
  }
  at::Tensor matrix, norm;
  nn::WeightTable table;
};

OptimizerOptions options_of(ClipKind clip) {
  OptimizerOptions options;
  options.kind = OptimizerKind::sgd;
  options.learning_rate = 0.05;
  options.weight_decay = 0.1;
  options.momentum = 0.8;
  options.clip = clip;
  options.clip_norm = 0.7;
  return options;
}

// LibTorch's own optimizer and clipping on copies.
class Twin {
 public:
  explicit Twin(const Weights& weights)
      : matrix(weights.matrix.detach().clone().requires_grad_()),
        norm(weights.norm.detach().clone().requires_grad_()),
        sgd_({group(matrix, 0.1), group(norm, 0)}, torch::optim::SGDOptions(0.05)) {}
  void step(const at::Tensor& of_matrix, const at::Tensor& of_norm, ClipKind clip) {
    matrix.mutable_grad() = of_matrix.clone();
    norm.mutable_grad() = of_norm.clone();
    if (clip == ClipKind::all) torch::nn::utils::clip_grad_norm_({matrix, norm}, 0.7);
    if (clip == ClipKind::value) torch::nn::utils::clip_grad_value_({matrix, norm}, 0.7);
    if (clip == ClipKind::each) {
      torch::nn::utils::clip_grad_norm_({matrix}, 0.7);
      torch::nn::utils::clip_grad_norm_({norm}, 0.7);
    }
    sgd_.step();
  }
  at::Tensor matrix, norm;

 private:
  static torch::optim::OptimizerParamGroup group(const at::Tensor& weight, double decay) {
    auto options = std::make_unique<torch::optim::SGDOptions>(0.05);
    options->momentum(0.8).weight_decay(decay);
    return torch::optim::OptimizerParamGroup({weight}, std::move(options));
  }
  torch::optim::SGD sgd_;
};

class SgdClips : public ::testing::TestWithParam<ClipKind> {};

TEST_P(SgdClips, MovesTheWeightsAsLibTorchsOwn) {
  Weights weights;
  Optimizer optimizer(weights.table, options_of(GetParam()));
  Twin expected(weights);
  for (int step = 0; step < 5; ++step) {
    const at::Tensor of_matrix = at::randn({5, 3}), of_norm = at::randn({7});
    weights.matrix.mutable_grad() = of_matrix.clone();
    weights.norm.mutable_grad() = of_norm.clone();
    const double norm = optimizer.step();
    EXPECT_NEAR(norm, at::cat({of_matrix.flatten(), of_norm}).norm().item<double>(), 1e-5);
    expected.step(of_matrix, of_norm, GetParam());
    EXPECT_TRUE(test::near(weights.matrix.detach(), expected.matrix.detach(), 1e-6)) << step;
    EXPECT_TRUE(test::near(weights.norm.detach(), expected.norm.detach(), 1e-6)) << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, SgdClips,
                         ::testing::Values(ClipKind::all, ClipKind::each, ClipKind::value));

TEST(Sgd, GoesOnFromWhatItSaved) {
  Weights weights, again;
  Optimizer optimizer(weights.table, options_of(ClipKind::all));
  const auto step = [](Weights& of, Optimizer& with) {
    of.matrix.mutable_grad() = at::ones({5, 3});
    of.norm.mutable_grad() = at::ones({7});
    with.step();
  };
  step(weights, optimizer);
  std::map<std::string, at::Tensor> saved;
  optimizer.save(saved);
  EXPECT_TRUE(saved.contains("matrix.momentum"));
  for (auto& [name, tensor] : saved) tensor = tensor.clone();
  step(weights, optimizer);
  Optimizer other(again.table, options_of(ClipKind::all));
  other.load(saved);
  step(again, other);
  EXPECT_TRUE(again.matrix.equal(weights.matrix));
  EXPECT_TRUE(again.norm.equal(weights.norm));
}

TEST(Sgd, UnknownNamesAreRefused) {
  EXPECT_ERROR(invalid_argument, "optimizer.kind is \"adam\"; expected adamw or sgd",
               parse_optimizer_kind("adam", "optimizer.kind"));
  EXPECT_ERROR(invalid_argument, "expected all, each or value", parse_clip_kind("norm", "x"));
}

}  // namespace sgd_test
}  // namespace fcclip::engine
