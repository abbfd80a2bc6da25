// The ConvNeXt trunk: the inference path, in float32 and in what narrower products the processor has, beside
// the plain ATen path, in one run, alternating, outputs compared first; CPU seconds of the process, so that other load on the machine disturbs
// little.
//   trunk_bench [height width threads rounds skip]   defaults: 640 864 1 3 0; skip 1: the plain path once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "fcclip/clip/convnext.h"
#include "fcclip/ops/cpu/kernel_table.h"
#include "fcclip/ops/isa.h"

namespace {

using namespace fcclip;

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Times {
  std::vector<double> cpu, wall;
  static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
};

template <typename Call>
at::Tensor timed(Times& times, const Call& call) {
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  const at::Tensor result = call();
  times.cpu.push_back(seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  times.wall.push_back(seconds(CLOCK_MONOTONIC) - wall);
  return result;
}

/// The kernel's high-water mark of resident memory, "VmHWM: … kB".
std::string peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return line;
  }
  return "VmHWM: unknown";
}

void fill(nn::WeightTable& table) {
  const at::Generator generator = at::detail::createCPUGenerator(7);
  for (const nn::Weight& row : table.rows()) {
    int64_t fan_in = 1;
    for (size_t i = 1; i < row.shape.size(); ++i) fan_in *= row.shape[i];
    *row.member =
        at::empty(row.shape, at::kFloat).normal_(0, 1 / std::sqrt(double(fan_in)), generator);
    if (row.shape.size() == 1)
      row.member->mul_(0.1).add_(row.role == nn::WeightRole::norm ? 1 : 0.3);
  }
}

/// Multiply-adds ×2 of the trunk for one image.
double trunk_flops(const clip::ConvNextConfig& config, int64_t height, int64_t width) {
  double flops = 0;
  int64_t pixels = height * width / 16, in = 3 * 16;
  for (size_t i = 0; i < config.dims.size(); ++i) {
    const double channels = static_cast<double>(config.dims[i]);
    flops += 2.0 * static_cast<double>(pixels * in) * channels;
    flops += static_cast<double>(config.depths[i] * pixels) * channels * (16 * channels + 98);
    pixels /= 4;
    in = config.dims[i] * 4;
  }
  return flops;
}

/// Multiply-adds in registers for about a third of a second, ×2 a CPU second: what one thread could do at this moment.
double rate_of_multiply_adds() {
  float numbers[4 + 16] = {0.999F, 0.001F, 1, 2};
  const double start = seconds(CLOCK_THREAD_CPUTIME_ID);
  double operations = 0, taken = 0;
  while (taken < 0.3) {
    operations += static_cast<double>(ops::kernels().multiply_adds(int64_t{1} << 20, numbers));
    taken = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  return operations / taken;
}

void compare(const char* what, const at::Tensor& ours, const at::Tensor& theirs) {
  std::printf("%s: largest difference %.2g of %.2g\n", what,
              (ours - theirs).abs().max().item<double>(), theirs.abs().max().item<double>());
}

void report(const char* what, const Times& times, double flops) {
  std::printf("%-6s %.2f CPU-s  %.2f wall-s  %.1f GFLOP/s of CPU time\n", what,
              Times::median(times.cpu), Times::median(times.wall),
              flops / Times::median(times.cpu) * 1e-9);
}

/// The trunk in another precision.
struct Variant {
  const char* name;
  ops::Products products;
  clip::ConvNext* tower;
  Times times = {};
};

void report_all(const Times& fast, const Times& plain, const std::vector<Variant>& narrow,
                double flops) {
  report("fused", fast, flops);
  for (const Variant& one : narrow) report(one.name, one.times, flops);
  report("plain", plain, flops);
  std::printf("ratio of CPU time, plain to fused: %.2f\n",
              Times::median(plain.cpu) / Times::median(fast.cpu));
  for (const Variant& one : narrow) {
    std::printf("float32 to %s: %.2f\n", one.name,
                Times::median(fast.cpu) / Times::median(one.times.cpu));
  }
}

/// A tower for each precision, of equal weights, packed; bfloat16 and int8 where the processor has them.
std::vector<Variant> narrow_towers(clip::ConvNext& rounded, clip::ConvNext& whole) {
  std::vector<Variant> narrow;
  for (const Variant& one : {Variant{"bf16", ops::Products::bfloat16, &rounded},
                             Variant{"int8", ops::Products::int8, &whole}}) {
    if (!ops::lack_of_products(one.products, at::kCPU).empty()) continue;
    one.tower->prepare(one.products);
    narrow.push_back(one);
  }
  return narrow;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, int64_t otherwise) {
    return argc > i ? std::strtoll(argv[i], nullptr, 10) : otherwise;
  };
  const int64_t height = argument(1, 640), width = argument(2, 864), rounds = argument(4, 3);
  const bool skips_plain = argument(5, 0) != 0;
  at::set_num_threads(static_cast<int>(argument(3, 1)));
  const c10::InferenceMode inference;

  const clip::ClipConfig config;  // the paper's ConvNeXt-L
  clip::ConvNext tower(config), rounded(config), whole(config);
  for (clip::ConvNext* one : {&tower, &rounded, &whole}) {
    nn::WeightTable table;
    one->declare(table, "visual");
    fill(table);
  }
  Times prepare;
  timed(prepare, [&] { return tower.prepare(), at::Tensor(); });
  std::vector<Variant> narrow = narrow_towers(rounded, whole);
  const at::Tensor image = at::randn({1, height, width, 3}, at::detail::createCPUGenerator(3));
  std::printf("%ld×%ld, %d threads, %s, packing %.2f CPU-s\n", height, width, at::get_num_threads(),
              std::string(ops::name(ops::chosen_isa())).c_str(), prepare.cpu[0]);

  Times fast, plain;
  std::vector<double> peaks;
  for (int64_t round = 0; round < rounds; ++round) {
    const at::Tensor ours = timed(fast, [&] { return tower.forward(image).dense; });
    peaks.push_back(rate_of_multiply_adds());
    const std::string memory = peak_memory();
    for (Variant& one : narrow) {
      const at::Tensor got = timed(one.times, [&] { return one.tower->forward(image).dense; });
      if (round == 0) compare(one.name, got, ours);
    }
    if (round > 0 && skips_plain) continue;
    const at::Tensor theirs = timed(plain, [&] { return tower.forward_plain(image).dense; });
    if (round == 0) compare("fused", ours, theirs);
    if (round == 0) std::printf("%s before the plain path\n", memory.c_str());
  }
  const double flops = trunk_flops(config.convnext, height, width);
  std::printf("%.0f GFLOP\n", flops * 1e-9);
  report_all(fast, plain, narrow, flops);
  std::printf("multiply-adds in registers: %.1f GFLOP/s of CPU time, fused reaches %.0f %%\n",
              Times::median(peaks) * 1e-9,
              100 * flops / Times::median(fast.cpu) / Times::median(peaks));
}
