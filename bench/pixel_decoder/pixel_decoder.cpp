// CPU seconds of the pixel decoder on one 640×864 picture at the paper's sizes, one thread: the
// fused path beside the plain ATen one, whole and by parts. Outputs are compared first.
//   pixel_decoder_bench [rounds]

#include "fcclip/head/pixel_decoder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/ops/conv3x3.h"
#include "fcclip/ops/cpu/deform_tokens.h"
#include "fcclip/ops/deform_attention.h"
#include "fcclip/ops/group_norm.h"

namespace {

using namespace fcclip;

constexpr int64_t kHeight = 640, kWidth = 864;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

using Call = std::function<at::Tensor()>;

// Alternating rounds; the medians and their ratio.
void compare(const char* what, int rounds, const Call& plain, const Call& fused) {
  const at::Tensor want = plain(), got = fused();
  const double error = ((got - want).abs().max() / want.abs().max()).item<double>();
  std::vector<double> times[2];
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < 2; ++i) {
      const double start = cpu_seconds();
      (i == 0 ? plain : fused)();
      times[i].push_back(cpu_seconds() - start);
    }
  }
  for (auto& list : times) std::sort(list.begin(), list.end());
  const double a = times[0][times[0].size() / 2], b = times[1][times[1].size() / 2];
  std::printf("%-44s plain %7.3f s  fused %7.3f s  ratio %5.2f  difference %.1e\n", what, a, b,
              a / b, error);
}

void fill(nn::WeightTable& table) {
  for (const nn::Weight& row : table.rows()) {
    double fan_in = 1;
    for (size_t i = 1; i < row.shape.size(); ++i) fan_in *= static_cast<double>(row.shape[i]);
    const double scale = row.shape.size() > 1 ? 1 / std::sqrt(fan_in) : 0.02;
    *row.member = at::randn(row.shape) * scale;
    if (row.role == nn::WeightRole::norm && row.name.ends_with("weight")) *row.member += 1;
    if (row.name.ends_with("sampling_offsets.bias")) *row.member *= 100;
  }
}

at::Tensor map_of(int64_t stride, int64_t channels) {
  return at::randn({1, kHeight / stride, kWidth / stride, channels});
}

void whole(int rounds, const head::PixelDecoderConfig& config) {
  head::PixelDecoder plain(config);
  nn::WeightTable table;
  plain.declare(table, "p");
  fill(table);
  head::PixelDecoder fused = plain;  // shares the weights; only this one is prepared
  fused.prepare();
  const auto& c = config.in_channels;
  const head::BackboneFeatures features = {map_of(4, c[0]), map_of(8, c[1]), map_of(16, c[2]),
                                           map_of(32, c[3])};
  compare(
      "pixel decoder", rounds, [&] { return plain.forward(features).mask_features; },
      [&] { return fused.forward(features).mask_features; });
}

void encoder(int rounds, head::PixelDecoderConfig config) {
  config.encoder_layers = 1;
  head::DeformableEncoder encoder(config);
  nn::WeightTable table;
  encoder.declare(table, "e");
  fill(table);
  encoder.prepare();
  const std::vector<Size> levels = {{20, 27}, {40, 54}, {80, 108}};
  const at::Tensor tokens = at::randn({1, 11340, config.conv_dim});
  const at::Tensor positions = at::randn({11340, config.conv_dim});
  compare(
      "one encoder layer, 11,340 tokens", rounds,
      [&] { return encoder.plain(tokens, positions, levels)[0]; },
      [&] {
        const at::Tensor x = tokens[0].clone();
        encoder.packed(x, positions, levels);
        return x;
      });
}

void sampling(int rounds) {
  const std::vector<Size> levels = {{20, 27}, {40, 54}, {80, 108}};
  const at::Tensor value = at::randn({1, 11340, 8, 32});
  const at::Tensor places = at::rand({1, 11340, 8, 3, 4, 2});
  const at::Tensor weights =
      at::softmax(at::randn({1, 11340, 8, 12}), -1).view({1, 11340, 8, 3, 4});
  compare(
      "attention core, random places, grid_sample/own", rounds,
      [&] { return ops::deform_attention_plain(value, levels, places, weights); },
      [&] { return ops::deform_attention(value, levels, places, weights); });
  const at::Tensor raw = at::randn({11340, 288}), out = at::empty({11340, 256});
  const Call fused = [&] {
    ops::cpu::deform_attention_tokens({levels, 8, 4}, value.view({11340, 256}), raw, 0, out);
    return out;
  };
  compare("attention core with softmax (twice the same)", rounds, fused, fused);
}

void pyramid(int rounds) {
  const at::Tensor x = at::randn({160, 216, 256}), coarse = at::randn({80, 108, 256});
  const at::Tensor weight = at::randn({256, 256, 3, 3}) / 48;
  const ops::PackedConv3x3 conv(weight);
  const at::Tensor seen = x.permute({2, 0, 1}).unsqueeze(0);  // channels last
  compare(
      "3x3 convolution 256 to 256 at stride 4", rounds,
      [&] {
        return at::conv2d(seen, weight, {}, 1, 1)[0].permute({1, 2, 0});
      },
      [&] { return conv(x); });
  const ops::GroupNormWeights norm = {at::rand({256}), at::randn({256})};
  const at::Tensor out = at::empty_like(x);
  compare(
      "GroupNorm + upsampled map at stride 4", rounds,
      [&] {
        const at::Tensor y = at::group_norm(seen, 32, norm.weight, norm.bias);
        const at::Tensor up =
            at::upsample_bilinear2d(coarse.permute({2, 0, 1}).unsqueeze(0), {160, 216}, false);
        return (y + up)[0].permute({1, 2, 0}).contiguous();
      },
      [&] {
        ops::group_norm(x, norm, out, {.coarse = coarse});
        return out;
      });
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
  at::set_num_threads(1);
  at::manual_seed(1);
  const c10::InferenceMode guard;
  const head::PixelDecoderConfig config;
  whole(rounds, config);
  encoder(rounds, config);
  sampling(rounds);
  pyramid(rounds);
}
