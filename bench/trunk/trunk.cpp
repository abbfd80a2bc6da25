// The ConvNeXt trunk: the inference path, in float32 and in bfloat16 where the processor has it, beside
// the plain ATen path, in one run, alternating, outputs compared first; CPU seconds of the process, so that other load on the machine disturbs
// little.
//   trunk_bench [height width threads rounds]        defaults: 640 864 1 3

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

void compare(const char* what, const at::Tensor& ours, const at::Tensor& theirs) {
  std::printf("%s: largest difference %.2g of %.2g\n", what,
              (ours - theirs).abs().max().item<double>(), theirs.abs().max().item<double>());
}

void report(const char* what, const Times& times, double flops) {
  std::printf("%-6s %.2f CPU-s  %.2f wall-s  %.1f GFLOP/s of CPU time\n", what,
              Times::median(times.cpu), Times::median(times.wall),
              flops / Times::median(times.cpu) * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, int64_t otherwise) {
    return argc > i ? std::strtoll(argv[i], nullptr, 10) : otherwise;
  };
  const int64_t height = argument(1, 640), width = argument(2, 864), rounds = argument(4, 3);
  at::set_num_threads(static_cast<int>(argument(3, 1)));
  const c10::InferenceMode inference;

  const clip::ClipConfig config;  // the paper's ConvNeXt-L
  const bool has_bf16 = ops::lack_of_products(ops::Products::bfloat16, at::kCPU).empty();
  clip::ConvNext tower(config), rounded(config);
  for (clip::ConvNext* one : {&tower, &rounded}) {
    nn::WeightTable table;
    one->declare(table, "visual");
    fill(table);
  }
  Times prepare;
  timed(prepare, [&] { return tower.prepare(), at::Tensor(); });
  if (has_bf16) rounded.prepare(ops::Products::bfloat16);
  const at::Tensor image = at::randn({1, height, width, 3}, at::detail::createCPUGenerator(3));
  std::printf("%ld×%ld, %d threads, %s, packing %.2f CPU-s\n", height, width, at::get_num_threads(),
              std::string(ops::name(ops::chosen_isa())).c_str(), prepare.cpu[0]);

  Times fast, plain, bf16;
  for (int64_t round = 0; round < rounds; ++round) {
    const at::Tensor ours = timed(fast, [&] { return tower.forward(image).dense; });
    const std::string memory = peak_memory();
    const at::Tensor theirs = timed(plain, [&] { return tower.forward_plain(image).dense; });
    if (round == 0) compare("fused", ours, theirs);
    if (round == 0) std::printf("%s before the plain path\n", memory.c_str());
    if (!has_bf16) continue;
    const at::Tensor in_bf16 = timed(bf16, [&] { return rounded.forward(image).dense; });
    if (round == 0) compare("bf16", in_bf16, theirs);
  }
  const double flops = trunk_flops(config.convnext, height, width);
  std::printf("%.0f GFLOP\n", flops * 1e-9);
  report("fused", fast, flops);
  if (has_bf16) report("bf16", bf16, flops);
  report("plain", plain, flops);
  std::printf("ratio of CPU time, plain to fused: %.2f\n",
              Times::median(plain.cpu) / Times::median(fast.cpu));
  if (has_bf16)
    std::printf("float32 to bf16: %.2f\n", Times::median(fast.cpu) / Times::median(bf16.cpu));
}
