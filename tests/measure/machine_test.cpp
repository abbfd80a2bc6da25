#include "fcclip/measure/machine.h"

#include <set>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "fcclip/measure/network_work.h"
#include "fcclip/model/published.h"
#include "fcclip/ops/peak.h"
#include "tests/segmenter/small_model.h"
#include "tests/support/errors.h"

namespace fcclip::measure {
namespace machine_test {

TEST(NetworkFlop, IsWhatThePapersModelTakes) {
  // docs/performance.md: 945 GFLOP at 640×864, counted while it ran.
  const model::Config paper;
  EXPECT_NEAR(network_flop(paper, {640, 864}), 945e9, 10e9);
  // Attention among queries alone does not grow with the picture.
  const double once = network_flop(paper, {640, 640}), twice = network_flop(paper, {640, 1280});
  EXPECT_LT(twice, 2 * once);
  EXPECT_GT(twice, 1.9 * once);
}

TEST(NetworkFlop, KnowsTheResNet) {
  model::Config config;
  config.clip.tower = clip::TowerKind::resnet;
  const double with_head = network_flop(config, {224, 224});
  config.clip.resnet.layers = {0, 0, 0, 0};
  // The four layers of a ResNet-50 at 224×224: 3.9 of its 4.1 thousand million multiply-adds, and the
  // second convolution of three blocks at four times the pixels.
  EXPECT_NEAR((with_head - network_flop(config, {224, 224})) / 2e9, 4.9, 0.6);
}

TEST(MultiplyAddPeak, IsOfAProcessorsOrder) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const double one = ops::multiply_add_peak(0.05);
  at::set_num_threads(before);
  EXPECT_GT(one, 0);
#ifndef FCCLIP_SANITIZED
  EXPECT_GT(one, 1e8);
#endif
  EXPECT_LT(one, 1e13);
}

TEST(Measured, FindsTheMiddleAndTheShare) {
  Step step{"encode", "64x64", 2, 3e9, {0.3, 0.1, 0.2}};
  EXPECT_DOUBLE_EQ(step.median(), 0.2);
  EXPECT_DOUBLE_EQ(step.least(), 0.1);
  const Measured measured{{}, {{1, 10e9}, {2, 30e9}}, {}};
  EXPECT_DOUBLE_EQ(measured.share_of_peak(step), 0.5);
  step.threads = 3;
  EXPECT_EQ(measured.share_of_peak(step), 0);
  step.seconds.push_back(0.4);
  EXPECT_DOUBLE_EQ(step.median(), 0.25);
}

TEST(MeasureMachine, TimesEveryStepAndStopsWhenTold) {
  const test::TemporaryFile file("m.safetensors");
  const std::shared_ptr<model::Model> model = test::small_model();
  model->config.pixels.short_side = 64;
  model->config.pixels.max_side = 128;
  model::save(file.path(), *model);
  const int threads = at::get_num_threads();
  Plan plan{.model = file.path(), .threads = 2, .quick = true, .seconds_per_step = 0.01};
  int64_t told = 0;
  plan.progress = [&](int64_t done, int64_t total) {
    EXPECT_GE(done, told);
    EXPECT_LE(done, total);
    told = done;
    return true;
  };
  plan.rgb = made_up_picture().narrow(0, 0, 96).narrow(1, 0, 128).contiguous();
  const Measured measured = measure_machine(plan);
  EXPECT_EQ(at::get_num_threads(), threads);
  EXPECT_EQ(measured.picture, (Size{96, 128}));
  ASSERT_EQ(measured.peaks.size(), 2u);
  std::set<std::string> steps;
  for (const Step& step : measured.steps) {
    steps.insert(step.step);
    EXPECT_FALSE(step.seconds.empty()) << step.step;
    EXPECT_GT(step.least(), 0) << step.step;
    EXPECT_EQ(step.cpu_seconds.size(), step.seconds.size()) << step.step;
    EXPECT_GT(step.median_cpu(), 0) << step.step;
    if (step.step == "encode") {
      EXPECT_GT(step.flop, 0);
    }
  }
  EXPECT_EQ(steps, (std::set<std::string>{"load", "decode", "encode", "words", "ask", "results",
                                          "write"}));
  plan.progress = [](int64_t done, int64_t) { return done < 4; };
  EXPECT_ERROR(interrupted, "stopped after", measure_machine(plan));
}

}  // namespace machine_test
}  // namespace fcclip::measure
