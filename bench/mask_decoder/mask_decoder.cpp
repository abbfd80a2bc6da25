// CPU seconds of the mask decoder on one 640×864 picture (paper's sizes: 250 queries, 9 layers),
// one thread: the inference path beside the plain one, which makes every head's masks and classes
// at full size.
//   mask_decoder_bench [rounds]

#include "fcclip/head/mask_decoder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

namespace {

using namespace fcclip;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Call>
double measure(const Call& call) {
  const double start = cpu_seconds();
  call();
  return cpu_seconds() - start;
}

void fill(head::MaskDecoder& decoder, at::Generator generator) {
  nn::WeightTable table;
  decoder.declare(table, "sem_seg_head.predictor");
  for (const nn::Weight& row : table.rows()) {
    const double width = row.shape.size() == 2 ? 1 / std::sqrt(double(row.shape[1])) : 0.02;
    *row.member = at::randn(row.shape, generator, at::kFloat) * width;
    if (row.role == nn::WeightRole::norm && row.name.ends_with("weight")) *row.member += 1;
    if (row.role == nn::WeightRole::embedding) *row.member *= 16;
  }
  decoder.prepare();
}

head::PixelFeatures features_of(int64_t height, int64_t width, at::Generator generator) {
  const auto map = [&](int64_t stride) {
    return at::randn({1, height / stride, width / stride, 256}, generator, at::kFloat);
  };
  head::PixelFeatures features;
  features.mask_features = map(4);
  features.levels = {map(32), map(16), map(8)};
  return features;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  at::set_num_threads(1);
  const c10::InferenceMode inference;
  at::Generator generator = at::detail::createCPUGenerator(1);
  head::MaskDecoder decoder{head::MaskDecoderConfig{}};
  fill(decoder, generator);
  const head::PixelFeatures features = features_of(640, 864, generator);
  const Trace ignore = [](std::string_view, const at::Tensor&) {};

  std::vector<double> fast, plain;
  head::MaskPredictions a, b;
  for (int i = 0; i < rounds; ++i) {
    fast.push_back(measure([&] { a = decoder.forward(features); }));
    plain.push_back(measure([&] { b = decoder.forward(features, ignore); }));
  }
  const double difference = (a.mask_logits - b.mask_logits).abs().max().item<double>();
  std::printf("640x864, 250 queries, 9 layers, 1 thread, CPU seconds (median of %d)\n", rounds);
  std::printf("plain %.3f  fast %.3f  ratio %.2f  (max mask difference %.1e of %.1e)\n",
              median(plain), median(fast), median(plain) / median(fast), difference,
              b.mask_logits.abs().max().item<double>());
  return 0;
}
