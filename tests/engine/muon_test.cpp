#include "fcclip/engine/muon.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "fcclip/core/error.h"
#include "fcclip/engine/optimizer.h"
#include "tests/support/errors.h"

namespace fcclip::engine {
namespace muon_test {

// A matrix, a bias and a table of embeddings as the weights of something.
struct Weights {
  at::Tensor matrix = at::ones({6, 4}), bias = at::zeros({6}), table = at::ones({5, 4});
  std::vector<nn::Weight> rows = {
      {"layer.weight", &matrix, {6, 4}, nn::WeightRole::weight},
      {"layer.bias", &bias, {6}, nn::WeightRole::weight},
      {"query_embedding.weight", &table, {5, 4}, nn::WeightRole::embedding}};
  std::vector<const nn::Weight*> pointers() const {
    std::vector<const nn::Weight*> result;
    for (const nn::Weight& row : rows) result.push_back(&row);
    return result;
  }
  void set_gradients(uint64_t seed) {
    at::manual_seed(seed);
    for (at::Tensor* tensor : {&matrix, &bias, &table})
      tensor->mutable_grad() = at::randn_like(*tensor);
  }
};

TEST(Muon, SingularValuesComeNearOneAndDirectionsStay) {
  at::manual_seed(3);
  const at::Tensor matrices =
      at::randn({3, 8, 20}) * at::tensor({1e-4f, 1.f, 1e4f}).view({3, 1, 1});
  const at::Tensor made = orthogonal(matrices);
  for (int64_t i = 0; i < 3; ++i) {
    const auto [u, s, vh] = at::linalg_svd(matrices[i], /*full_matrices=*/false);
    const at::Tensor turned = u.t().mm(made[i]).mm(vh.t());
    const at::Tensor values = turned.diagonal();
    EXPECT_GT(values.min().item<double>(), 0.6) << "matrix " << i;
    EXPECT_LT(values.max().item<double>(), 1.25) << "matrix " << i;
    EXPECT_LT((turned - values.diag()).abs().max().item<double>(), 1e-3) << "matrix " << i;
  }
}

TEST(Muon, OnlyMatricesThatMixInputsAreItsOwn) {
  at::Tensor none;
  const auto is = [&](const std::string& name, std::vector<int64_t> shape, nn::WeightRole role) {
    return is_mixing_matrix({name, &none, std::move(shape), role});
  };
  using nn::WeightRole;
  EXPECT_TRUE(is("stages.0.mlp.fc1.weight", {160, 40}, WeightRole::weight));
  EXPECT_TRUE(is("stages.1.downsample.1.weight", {80, 40, 2, 2}, WeightRole::weight));
  EXPECT_FALSE(is("stages.0.conv_dw.weight", {40, 1, 7, 7}, WeightRole::weight));
  EXPECT_FALSE(is("fc1.bias", {160}, WeightRole::weight));
  EXPECT_FALSE(is("norm.weight", {40}, WeightRole::norm));
  EXPECT_FALSE(is("token_embedding.weight", {900, 64}, WeightRole::embedding));
  EXPECT_FALSE(is("cross_attn.sampling_offsets.weight", {48, 96}, WeightRole::weight));
}

TEST(Muon, AStepHasTheSizeOfAdamsForAnyGradient) {
  for (const double scale : {1e-3, 1e3}) {
    Weights weights;
    OptimizerOptions options;
    options.muon = true;
    options.weight_decay = 0;
    options.clip_norm = 0;
    options.learning_rate = 0.01;
    Optimizer optimizer(weights.pointers(), options);
    weights.set_gradients(1);
    weights.matrix.mutable_grad().mul_(scale);
    const at::Tensor before = weights.matrix.detach().clone();
    optimizer.step();
    const double rms = (weights.matrix.detach() - before).pow(2).mean().sqrt().item<double>();
    EXPECT_NEAR(rms, 0.2 * 0.01, 0.2 * 0.2 * 0.01) << "gradient times " << scale;
  }
}

TEST(Muon, TheRestIsAdamsWithOrWithoutIt) {
  Weights with, without;
  OptimizerOptions options;
  Optimizer adam(without.pointers(), options);
  options.muon = true;
  Optimizer both(with.pointers(), options);
  for (int step = 0; step < 3; ++step) {
    with.set_gradients(step);
    without.set_gradients(step);
    adam.step();
    both.step();
  }
  EXPECT_TRUE(with.bias.equal(without.bias));
  EXPECT_TRUE(with.table.equal(without.table));
  EXPECT_FALSE(with.matrix.equal(without.matrix));
}

TEST(Muon, GoesOnFromWhatItSavedBitForBit) {
  OptimizerOptions options;
  options.muon = true;
  Weights whole, part;
  Optimizer first(whole.pointers(), options);
  std::map<std::string, at::Tensor> saved;
  for (int step = 0; step < 4; ++step) {
    if (step == 2) {
      first.save(saved);
      for (auto& [name, tensor] : saved) tensor = tensor.detach().clone();
    }
    whole.set_gradients(step);
    first.step();
  }
  EXPECT_TRUE(saved.contains("layer.weight.momentum"));
  EXPECT_FALSE(saved.contains("layer.weight.exp_avg"));
  Optimizer second(part.pointers(), options);
  second.load(saved);
  for (int step = 2; step < 4; ++step) {
    part.set_gradients(step);
    second.step();
  }
  EXPECT_TRUE(part.matrix.equal(whole.matrix));
  EXPECT_TRUE(part.bias.equal(whole.bias));
  saved["layer.weight.momentum"] = at::zeros({4, 6});
  EXPECT_ERROR(shape_mismatch, "the checkpoint's layer.weight.momentum is [4, 6]",
               second.load(saved));
}

TEST(Muon, WeightsWithoutAGradientStay) {
  Weights weights;
  OptimizerOptions options;
  options.muon = true;
  Optimizer optimizer(weights.pointers(), options);
  weights.bias.mutable_grad() = at::ones({6});
  optimizer.step();
  EXPECT_TRUE(weights.matrix.detach().equal(at::ones({6, 4})));
}

}  // namespace muon_test
}  // namespace fcclip::engine
