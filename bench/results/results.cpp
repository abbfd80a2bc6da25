// CPU seconds and peak memory of the results at the original size (paper's sizes: 250 queries, 150
// classes), streamed, beside whole-image tensors as the reference makes them. One measurement a
// process, so that peaks do not mix:

#include "fcclip/results/results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

namespace {

using namespace fcclip;

constexpr int64_t kQueries = 250, kClasses = 150;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// VmHWM or VmRSS in MB.
double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key + ":", 0) == 0) return std::atof(line.c_str() + key.size() + 1) / 1024;
  }
  return 0;
}

// As a trained model leaves them: a region a query, steep at its border, far below zero elsewhere,
// a little noise; two thirds of the queries are void.
struct Scene {
  results::MaskSource masks;
  at::Tensor log_probs;
  std::vector<bool> is_thing;
};

Scene make_scene(Size original, bool noise) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{1});
  const double scale = std::min(800.0 / std::min(original.height, original.width),
                                1333.0 / std::max(original.height, original.width));
  const Size resized = {std::llround(original.height * scale),
                        std::llround(original.width * scale)};
  const Size padded = {(resized.height + 31) / 32 * 32, (resized.width + 31) / 32 * 32};
  const int64_t h = padded.height / 4, w = padded.width / 4;
  const auto column = [&](double low, double high) {
    return (at::rand({kQueries, 1, 1}, generator) * (high - low) + low);
  };
  const at::Tensor y = at::arange(h, at::kFloat).view({1, h, 1}) / h;
  const at::Tensor x = at::arange(w, at::kFloat).view({1, 1, w}) / w;
  const at::Tensor dy = (y - column(0, 1)) / column(0.03, 0.3),
                   dx = (x - column(0, 1)) / column(0.03, 0.3);
  const at::Tensor inside = 1 - (dy * dy + dx * dx).sqrt();
  Scene scene;
  scene.masks = {(inside * 20).clamp(-12, 8) + at::randn({kQueries, h, w}, generator) * 0.5, padded,
                 resized, original};
  if (noise) scene.masks.mask_logits = at::randn({kQueries, h, w}, generator) * 5;
  at::Tensor logits = at::randn({kQueries, kClasses + 1}, generator) * 2;
  logits.narrow(0, 0, kQueries * 2 / 3).select(1, kClasses) += 10;
  scene.log_probs = at::log_softmax(logits, -1);
  scene.is_thing.assign(kClasses, true);
  for (int64_t k = 100; k < kClasses; ++k) scene.is_thing[static_cast<size_t>(k)] = false;
  return scene;
}

at::Tensor resize(const at::Tensor& maps, Size size) {
  return at::upsample_bilinear2d(maps.unsqueeze(0), {size.height, size.width}, false).squeeze(0);
}

// The tensor work of the reference; returns something that depends on all of it.
double plain(const std::string& task, const Scene& s) {
  const at::Tensor padded = resize(s.masks.mask_logits, s.masks.padded);
  const at::Tensor masks = resize(
      padded.narrow(1, 0, s.masks.resized.height).narrow(2, 0, s.masks.resized.width).contiguous(),
      s.masks.original);
  const at::Tensor probs = at::softmax(s.log_probs, -1);
  if (task == "semantic") {
    const at::Tensor scores = at::mm(probs.narrow(1, 0, kClasses).t(), masks.sigmoid().flatten(1));
    return scores.argmax(0).sum().item<double>();
  }
  if (task == "panoptic") {
    const auto [score, label] = probs.max(-1);
    const at::Tensor keep = at::nonzero(label.ne(kClasses)).flatten();
    const at::Tensor kept = masks.sigmoid().index_select(0, keep);
    const at::Tensor winner = (score.index_select(0, keep).view({-1, 1, 1}) * kept).argmax(0);
    double sum = 0;
    for (int64_t k = 0; k < keep.numel(); ++k) {
      const at::Tensor won = winner.eq(k), inside = kept[k].ge(0.5);
      sum += (won.sum() + inside.sum() + won.logical_and(inside).sum()).item<double>();
    }
    return sum;
  }
  const at::Tensor picks =
      std::get<1>(probs.narrow(1, 0, kClasses).flatten().topk(100)).floor_divide(kClasses);
  const at::Tensor chosen = masks.index_select(0, picks), inside = chosen.gt(0).to(at::kFloat);
  return ((chosen.sigmoid() * inside).flatten(1).sum(1) / (inside.flatten(1).sum(1) + 1e-6))
      .sum()
      .item<double>();
}

double streamed(const std::string& task, const Scene& s) {
  if (task == "semantic") {
    const at::Tensor labels = results::semantic_labels(s.masks, s.log_probs);
    double sum = 0;  // by rows: a sum of all would make a copy in 64 bits
    for (int64_t y = 0; y < labels.size(0); ++y) sum += labels[y].sum().item<double>();
    return sum;
  }
  if (task == "panoptic") {
    return double(results::panoptic(s.masks, s.log_probs, s.is_thing, {}).segments.size());
  }
  return double(results::instances(s.masks, s.log_probs, s.is_thing, {}).segments.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(
        stderr, "results_bench streamed|plain panoptic|semantic|instances HEIGHT WIDTH [rounds]\n");
    return 2;
  }
  const std::string how = argv[1], task = argv[2];
  const int rounds = argc > 5 ? std::atoi(argv[5]) : 3;
  const c10::InferenceMode inference;
  at::set_num_threads(1);
  const Scene scene = make_scene({std::atoll(argv[3]), std::atoll(argv[4])}, argc > 6);
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak starts again from here
  const double before = memory_mb("VmRSS");
  std::vector<double> seconds;
  double result = 0;
  for (int i = 0; i < rounds; ++i) {
    const double start = cpu_seconds();
    result = how == "plain" ? plain(task, scene) : streamed(task, scene);
    seconds.push_back(cpu_seconds() - start);
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("%s %s %sx%s: %.3f s CPU (median of %d), peak +%.0f MB, result %.0f\n", how.c_str(),
              task.c_str(), argv[3], argv[4], seconds[seconds.size() / 2], rounds,
              memory_mb("VmHWM") - before, result);
}
