#include "fcclip/train/segmentation_task.h"

#include <ATen/ATen.h>

#include "fcclip/core/error.h"
#include "fcclip/model/model_file.h"
#include "tests/support/errors.h"
#include "tests/train/tiny_run.h"

namespace fcclip::train {
namespace segmentation_task_test {

std::map<std::string, at::Tensor> weights_of(const SegmentationTask& task) {
  engine::TrainingState state;
  task.save(state);
  std::map<std::string, at::Tensor> copies;
  for (const auto& [name, tensor] : state.tensors) copies[name] = tensor.detach().clone();
  return copies;
}

void expect_same(const std::map<std::string, at::Tensor>& a,
                 const std::map<std::string, at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(tensor.equal(b.at(name))) << name;
}

TEST(SegmentationTask, ALongerRunLowersTheLossAndLeavesClipAlone) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.run.scale_learning_rate = false;
  config.optimizer.learning_rate = 2e-3;
  config.optimizer.clip_norm = 1;
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  const nn::Weight* clip =
      task.model().weights().find("backbone.clip_model.visual.trunk.stem.0.weight");
  const at::Tensor before = clip->member->clone();
  const auto [first, last] = test::train_for(task, 30);
  EXPECT_LT(last, 0.8 * first);
  EXPECT_TRUE(clip->member->equal(before));
}

// Runs in pieces of two steps, each by a task of its own; the last one's weights.
std::map<std::string, at::Tensor> weights_in_pieces(SegmentationConfig config,
                                                    const std::filesystem::path& folder) {
  engine::Processes alone;
  config.loop.folder = folder;
  config.loop.stop_after = 2;
  config.loop.resume = true;
  const int64_t pieces = config.loop.schedule.total_steps / 2;
  std::map<std::string, at::Tensor> weights;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    SegmentationTask part(config, alone, at::kCPU);
    const engine::LoopResult result = engine::run_loop(part, alone, config.loop);
    EXPECT_EQ(result.steps_done, 2 * (piece + 1));
    EXPECT_EQ(result.finished, piece == pieces - 1);
    weights = weights_of(part);
  }
  return weights;
}

class ResumedRun : public ::testing::TestWithParam<bool> {};

TEST_P(ResumedRun, EqualsTheUninterruptedOneBitForBit) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.run.ema_decay = 0.9;
  config.optimizer.muon = GetParam();
  config.loop.schedule.total_steps = 6;
  engine::Processes alone;
  SegmentationTask whole(config, alone, at::kCPU);
  engine::run_loop(whole, alone, config.loop);

  expect_same(weights_in_pieces(config, folder / "run"), weights_of(whole));
}

INSTANTIATE_TEST_SUITE_P(AdamAndMuon, ResumedRun, ::testing::Bool());

TEST(SegmentationTask, TheNumberOfLoaderThreadsChangesNothing) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  engine::Processes alone;
  std::vector<double> losses;
  for (const int64_t workers : {0, 1, 3}) {
    config.data.workers = workers;
    SegmentationTask task(config, alone, at::kCPU);
    task.step(0, 1);
    losses.push_back(task.step(1, 1).at("loss"));
  }
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_EQ(losses[0], losses[2]);
}

TEST(SegmentationTask, ABatchInPartsGivesTheLossAndStepOfTheWhole) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  engine::Processes alone;
  SegmentationTask whole(config, alone, at::kCPU);
  config.run.accumulate = 4;
  SegmentationTask parts(config, alone, at::kCPU);
  for (int64_t step = 0; step < 3; ++step) {
    const engine::Numbers want = whole.step(step, 1), got = parts.step(step, 1);
    for (const char* name : {"loss", "loss_class", "loss_mask", "loss_dice", "gradient_norm"}) {
      // Adam turns rounding of tiny gradients into steps of full length: later steps differ more.
      EXPECT_NEAR(got.at(name), want.at(name), (step == 0 ? 1e-5 : 1e-2) * want.at(name))
          << name << " of " << step;
    }
  }
}

// The MiB that the first step's line names: at most, and as the backward pass begins.
std::pair<int64_t, int64_t> told_memory(const std::string& line) {
  const std::string begins = "a step takes ", then = "beside weights and optimizer: ";
  EXPECT_TRUE(line.starts_with(begins)) << line;
  return {std::stoll(line.substr(begins.size())),
          std::stoll(line.substr(line.find(then) + then.size()))};
}

TEST(SegmentationTask, CheckpointedActivationsGiveTheSameStepsInLessMemory) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.model.encoder_layers = 6;
  config.model.decoder_layers = 6;
  config.model.encoder_ffn = 1024;
  engine::Processes alone;
  std::vector<std::string> kept_lines, lines;
  SegmentationTask kept(config, alone, at::kCPU,
                        [&](LogLevel, const std::string& line) { kept_lines.push_back(line); });
  config.model.checkpoint_activations = true;
  config.run.accumulate = 1;
  SegmentationTask recomputed(config, alone, at::kCPU,
                              [&](LogLevel, const std::string& line) { lines.push_back(line); });
  for (int64_t step = 0; step < 3; ++step) {
    const engine::Numbers want = kept.step(step, 1), got = recomputed.step(step, 1);
    for (const char* name : {"loss", "loss_class", "loss_mask", "loss_dice", "gradient_norm"}) {
      // Adam turns rounding of tiny gradients into steps of full length: later steps differ more.
      EXPECT_NEAR(got.at(name), want.at(name), (step == 0 ? 1e-6 : 1e-2) * want.at(name))
          << name << " of " << step;
    }
  }
  // Once, of the first step.
  ASSERT_EQ(kept_lines.size(), 1u);
  ASSERT_EQ(lines.size(), 1u);
  const auto [kept_peak, kept_saved] = told_memory(kept_lines[0]);
  const auto [peak, saved] = told_memory(lines[0]);
  EXPECT_LT(2 * saved, kept_saved);
  EXPECT_LT(peak, kept_peak);
  EXPECT_NE(kept_lines[0].find("model.checkpoint_activations keeps less"), std::string::npos);
  EXPECT_EQ(lines[0].find("model.checkpoint_activations"), std::string::npos);
}

// All weights of the head, and of the trunk where it is trained: processes wait for every gradient.
TEST(SegmentationTask, EveryTrainedWeightMoves) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.model.freeze_clip = false;
  config.model.checkpoint_activations = true;
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  const auto before = weights_of(task);
  task.step(0, 1);
  const auto after = weights_of(task);
  for (const auto& [name, tensor] : before) {
    if (name == "loss_scale") continue;
    EXPECT_FALSE(tensor.equal(after.at(name))) << name;
  }
}

TEST(SegmentationTask, ALossThatIsNotFiniteLeavesTheWeights) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  task.step(0, 1);
  // The costs of the matching are below float32's largest number, the sum of all layers' losses is not.
  config.loss.weights.mask = 1.5e38;
  SegmentationTask wild(config, alone, at::kCPU);
  const auto before = weights_of(wild);
  EXPECT_ERROR(diverged, "loss is not finite (inf)", wild.step(0, 1));
  EXPECT_TRUE(wild.is_whole());
  expect_same(before, weights_of(wild));
}

TEST(SegmentationTask, Bfloat16StaysNearFloat32) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  engine::Processes alone;
  SegmentationTask exact(config, alone, at::kCPU);
  config.run.precision = "bfloat16";
  SegmentationTask rough(config, alone, at::kCPU);
  const engine::Numbers want = exact.step(0, 1), got = rough.step(0, 1);
  EXPECT_NEAR(got.at("loss"), want.at("loss"), 0.02 * want.at("loss"));
  EXPECT_NE(got.at("loss"), want.at("loss"));
}

TEST(SegmentationTask, ATrainedTrunkMoves) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.model.freeze_clip = false;
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  const nn::Weight* clip =
      task.model().weights().find("backbone.clip_model.visual.trunk.stem.0.weight");
  const at::Tensor before = clip->member->detach().clone();
  task.step(0, 1);
  EXPECT_FALSE(clip->member->equal(before));
}

// COAT's recipe in small.
SegmentationConfig coat_config(const test::TestFolder& folder) {
  SegmentationConfig config = test::tiny_config(folder);
  config.model.freeze_clip = false;
  config.model.trunk_drop_path = 0.1;
  config.model.clip_trust = 0.5;
  config.loss.out_weight = 0.1;
  config.loss.weights.mask = 6;
  finish(config);
  return config;
}

at::Tensor weight_of(const SegmentationTask& task, const std::string& name) {
  return *task.model().weights().find("backbone.clip_model." + name)->member;
}

TEST(SegmentationTask, CoatTrainsTheTrunkAndItsScaleAlone) {
  const test::TestFolder folder;
  engine::Processes alone;
  SegmentationTask task(coat_config(folder), alone, at::kCPU);
  const std::vector<std::string> trained = {"visual.trunk.stem.0.weight",
                                            "visual.trunk.stages.3.blocks.0.mlp.fc2.weight",
                                            "logit_scale"},
                                 kept = {"visual.trunk.head.norm.weight",
                                         "visual.head.mlp.fc1.weight", "text_projection",
                                         "token_embedding.weight"};
  std::map<std::string, at::Tensor> before;
  for (const auto& names : {trained, kept}) {
    for (const std::string& name : names) before[name] = weight_of(task, name).detach().clone();
  }
  const engine::Numbers numbers = task.step(0, 1);
  EXPECT_GT(numbers.at("loss_out"), 0);
  for (const std::string& name : trained)
    EXPECT_FALSE(weight_of(task, name).equal(before[name])) << name;
  for (const std::string& name : kept)
    EXPECT_TRUE(weight_of(task, name).equal(before[name])) << name;
  task.export_model(folder / "coat.safetensors", at::kFloat, 1);
  EXPECT_EQ(model::load_config(folder / "coat.safetensors").ensemble.clip_trust, 0.5);
}

TEST(SegmentationTask, CoatGoesOnWhereItStopped) {
  const test::TestFolder folder;
  SegmentationConfig config = coat_config(folder);
  config.loop.schedule.total_steps = 4;
  engine::Processes alone;
  SegmentationTask whole(config, alone, at::kCPU);
  engine::run_loop(whole, alone, config.loop);
  expect_same(weights_in_pieces(config, folder / "run"), weights_of(whole));
}

TEST(SegmentationTask, ClipsLossNeedsATrainedTrunk) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.loss.out_weight = 0.1;
  EXPECT_ERROR(invalid_argument, "loss.out_weight must be at least 0, and 0 unless",
               finish(config));
}

TEST(SegmentationTask, EvaluatesShowsAndExportsAModelThatLoads) {
  const test::TestFolder folder;
  const SegmentationConfig config = test::tiny_config(folder);
  engine::Processes alone;
  SegmentationTask task(config, alone, at::kCPU);
  task.step(0, 1);
  const engine::Numbers scores = task.evaluate(1);
  for (const char* name : {"PQ", "PQ_seen", "PQ_unseen", "PQ_masks"}) {
    ASSERT_TRUE(scores.contains(name)) << name;
    EXPECT_GE(scores.at(name), 0);
    EXPECT_LE(scores.at(name), 100);
  }
  EXPECT_EQ(task.picture(1).size(2), 3);
  task.export_model(folder / "model.safetensors", at::kHalf, 1);
  const std::shared_ptr<model::Model> model =
      model::load_model(folder / "model.safetensors", at::kCPU);
  EXPECT_EQ(model->config.mask_decoder.queries, 12);
  // Four of the eight things are seen, and the three grounds.
  EXPECT_EQ(model->config.training_vocabulary.classes.size(), 7u);
}

TEST(SegmentationTask, AShareThatDoesNotDivideIsRefused) {
  const test::TestFolder folder;
  SegmentationConfig config = test::tiny_config(folder);
  config.run.accumulate = 3;
  engine::Processes alone;
  try {
    const SegmentationTask task(config, alone, at::kCPU);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("run.accumulate"), std::string::npos);
  }
}

}  // namespace segmentation_task_test
}  // namespace fcclip::train
