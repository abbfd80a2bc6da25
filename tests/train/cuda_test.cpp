#include "tests/support/cuda.h"

#include <ATen/ATen.h>

#include "fcclip/classify/text_classifier.h"
#include "fcclip/train/forward.h"
#include "tests/train/tiny_run.h"

namespace fcclip::train {
namespace {

std::vector<Prediction> predictions_on(const SegmentationConfig& config, at::Device device) {
  const std::shared_ptr<model::Model> model = open_model(config.model, 3, device);
  model->prepare();
  const Source source = open_source(config.data, Purpose::training, 3);
  const classify::TextClassifier words =
      classify::encode_vocabulary(model->clip->text_tower, *model->clip->tokenizer,
                                  source.vocabulary, {model->config.templates});
  at::manual_seed(1);
  const at::Tensor pixels = at::randn({2, 64, 64, 3}).to(device);
  return forward(*model, pixels, words);
}

TEST(CudaTraining, PredictsWhatTheProcessorPredicts) {
  FCCLIP_NEEDS_CUDA();
  const test::TestFolder folder;
  const SegmentationConfig config = test::tiny_config(folder);
  const auto cpu = predictions_on(config, at::kCPU), cuda = predictions_on(config, at::kCUDA);
  ASSERT_EQ(cpu.size(), cuda.size());
  for (size_t i = 0; i < cpu.size(); ++i) {
    const auto distance = [](const at::Tensor& a, const at::Tensor& b) {
      return (a - b.cpu()).abs().max().item<double>() / a.abs().max().item<double>();
    };
    EXPECT_LT(distance(cpu[i].class_logits, cuda[i].class_logits), 2e-3) << i;
    EXPECT_LT(distance(cpu[i].mask_logits, cuda[i].mask_logits), 2e-3) << i;
  }
}

class CudaPrecision : public ::testing::TestWithParam<const char*> {};

TEST_P(CudaPrecision, SixtyStepsLowerTheLoss) {
  FCCLIP_NEEDS_CUDA();
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.run.scale_learning_rate = false;
  config.run.precision = GetParam();
  config.optimizer.learning_rate = 2e-3;
  config.optimizer.clip_norm = 1;
  config.optimizer.muon = true;
  config.data.few_words_share = 0.5;
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCUDA);
  // Half precision spends its first steps on finding a loss scale.
  const auto [first, last] = test::train_for(task, 60);
  EXPECT_LT(last, 0.8 * first);
  EXPECT_TRUE(std::isfinite(task.evaluate(60).at("PQ")));
}

INSTANTIATE_TEST_SUITE_P(All, CudaPrecision, ::testing::Values("float32", "bfloat16", "float16"));

TEST(CudaTraining, GoesOnFromACheckpoint) {
  FCCLIP_NEEDS_CUDA();
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.run.precision = "float16";
  engine::Processes alone;
  engine::TrainingState state;
  double expected = 0;
  {
    SegmentationTask task(config, alone, at::kCUDA);
    for (int64_t step = 0; step < 3; ++step) task.step(step, 1);
    task.save(state);
    for (auto& [name, tensor] : state.tensors) tensor = tensor.detach().cpu().clone();
    expected = task.step(3, 1).at("loss");
  }
  SegmentationTask again(config, alone, at::kCUDA);
  again.load(state);
  // Atomic sums on a GPU are not in a fixed order.
  EXPECT_NEAR(again.step(3, 1).at("loss"), expected, 0.02 * expected);
}

}  // namespace
}  // namespace fcclip::train
