#include "fcclip/train/initialize.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "fcclip/core/random.h"
#include "fcclip/engine/optimizer.h"

namespace fcclip::train {
namespace {

double fan_out(const nn::Weight& row) {
  return row.fan_in() / static_cast<double>(row.shape[1]) * static_cast<double>(row.shape[0]);
}

constexpr int64_t kLevels = 3;

// Head h looks in direction 2πh / heads (on the unit square's border), point p at distance p + 1.
at::Tensor ring_of_offsets(const head::PixelDecoderConfig& sizes) {
  at::Tensor ring = at::empty({sizes.heads, kLevels, sizes.points, 2}, at::kFloat);
  auto at = ring.accessor<float, 4>();
  for (int64_t h = 0; h < sizes.heads; ++h) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(h) / sizes.heads;
    const double x = std::cos(angle), y = std::sin(angle);
    const double longest = std::max(std::abs(x), std::abs(y));
    for (int64_t l = 0; l < kLevels; ++l) {
      for (int64_t p = 0; p < sizes.points; ++p) {
        at[h][l][p][0] = static_cast<float>(x / longest * (p + 1));
        at[h][l][p][1] = static_cast<float>(y / longest * (p + 1));
      }
    }
  }
  return ring.view({-1});
}

// A layer whose weights keep torch's own rule for Linear: U(±1/√fan_in), bias included.
bool is_plain_linear(const nn::Weight& row) {
  return row.is_of("mask_embed") || row.is_of("class_embed") || row.is_of("_mask_pooling_proj.1");
}

bool is_convolution(const nn::Weight& row) {
  return row.is_of("mask_features") || row.is_of("adapter_1") || row.is_of("layer_1") ||
         row.is_of("predictor.input_proj");
}

// Half the width of the uniform distribution of a matrix.
double bound_of(const nn::Weight& row) {
  if (is_plain_linear(row)) return 1 / std::sqrt(row.fan_in());
  if (is_convolution(row)) return std::sqrt(3 / row.fan_in());
  return std::sqrt(6 / (row.fan_in() + fan_out(row)));
}

bool has_random_bias(const nn::Weight& row) {
  return is_plain_linear(row) || row.is_of(".linear1") || row.is_of(".linear2");
}

at::Tensor initial(const nn::Weight& row, const model::Config& config, at::Generator random,
                   double bias_bound) {
  at::Tensor value = at::zeros(row.shape, at::kFloat);
  const bool is_bias = row.name.ends_with("bias");
  if (row.role == nn::WeightRole::norm) return is_bias ? value : value.fill_(1);
  if (row.role == nn::WeightRole::embedding || row.name.ends_with("level_embed")) {
    return value.normal_(0, 1, random);
  }
  if (row.name.ends_with("logit_scale")) return value.fill_(std::log(1 / 0.07));
  if (row.is_of("sampling_offsets")) {
    return is_bias ? ring_of_offsets(config.pixel_decoder).clone() : value;
  }
  if (row.is_of("attention_weights")) return value;
  if (is_bias)
    return has_random_bias(row) ? value.uniform_(-bias_bound, bias_bound, random) : value;
  const double bound = bound_of(row);
  return value.uniform_(-bound, bound, random);
}

}  // namespace

void initialize_head(model::Model& model, uint64_t seed) {
  for (const nn::Weight* row : engine::trainable_weights(model.head.weights())) {
    at::Generator random = at::detail::createCPUGenerator(mix_bits(seed ^ seed_of_text(row->name)));
    double bias_bound = 0;
    if (row->name.ends_with(".bias")) {
      const std::string matrix = row->name.substr(0, row->name.size() - 4) + "weight";
      const nn::Weight* weight = model.head.weights().find(matrix);
      if (weight && weight->shape.size() > 1) bias_bound = 1 / std::sqrt(weight->fan_in());
    }
    const at::Device device = row->member->defined() ? row->member->device() : at::kCPU;
    *row->member = initial(*row, model.config, random, bias_bound).to(device);
  }
}

}  // namespace fcclip::train
