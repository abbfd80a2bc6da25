#include "tests/support/cuda.h"

#include <ATen/ATen.h>

#include "fcclip/pretrain/pretrain_task.h"
#include "tests/pretrain/shapes.h"

namespace fcclip::pretrain {
namespace {

TEST(CudaPretraining, BeginsWithTheProcessorsLosses) {
  FCCLIP_NEEDS_CUDA();
  engine::Processes alone;
  PretrainTask cpu(test::tiny_options(), test::shape_pairs(), alone);
  PretrainTask cuda(test::tiny_options(), test::shape_pairs(), alone, at::kCUDA);
  for (int64_t step = 0; step < 3; ++step) {
    const double expected = cpu.step(step, 1).at("loss");
    EXPECT_NEAR(cuda.step(step, 1).at("loss"), expected, 0.01 * expected) << step;
  }
}

TEST(CudaPretraining, ExportsAClipForTheProcessorAndGoesOnFromACheckpoint) {
  FCCLIP_NEEDS_CUDA();
  engine::Processes alone;
  PretrainOptions options = test::tiny_options();
  options.optimizer.muon = true;
  PretrainTask task(options, test::shape_pairs(), alone, at::kCUDA);
  for (int64_t step = 0; step < 4; ++step) task.step(step, 1);
  const std::shared_ptr<model::Clip> plain = task.plain_clip();
  for (const nn::Weight& row : plain->weights().rows()) {
    EXPECT_TRUE(row.member->is_cpu()) << row.name;
  }
  const auto there = task.learner().plain_clip(task.merges(), at::kCUDA);  // as it is judged
  const at::Tensor pixels = at::rand({1, 64, 64, 3});
  const at::Tensor want = plain->image_tower->forward(pixels).dense;
  const at::Tensor got = there->image_tower->forward(pixels.cuda()).dense.cpu();
  EXPECT_LT((got - want).abs().max().item<double>(), 1e-3 * want.abs().max().item<double>());
  engine::TrainingState state;
  task.save(state);
  for (auto& [name, tensor] : state.tensors) tensor = tensor.detach().cpu().clone();
  PretrainTask again(options, test::shape_pairs(), alone, at::kCUDA);
  again.load(state);
  const double expected = task.step(4, 1).at("loss");
  EXPECT_NEAR(again.step(4, 1).at("loss"), expected, 0.01 * expected);
}

}  // namespace
}  // namespace fcclip::pretrain
